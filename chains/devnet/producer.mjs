// Builds the Substrate chain's blocks by the real clock: at most one block in a slot, and the block of slot n carries
// the time n * slotMs. Left to itself Chopsticks moves its clock one slot per block, however fast blocks come, so locks
// would open early and the oracle would look stale.
// A manual producer builds only when it is asked, at the time it is told: then the asker is the clock.
import { APPLY_EXTRINSIC_ERROR, Block, buildBlock } from '@acala-network/chopsticks-core'
import { xxhashAsHex } from '@polkadot/util-crypto'

// A block may come before its slot by this much when transactions wait and the chain was started eager.
const MAX_AHEAD_MS = 4_000
// The chain's clock and UTC never differ by more, or the chain stops: rules about time would mean something else on it.
const MAX_DRIFT_MS = 5_000
// One slow or failed block is bad luck (a busy machine, a transaction that panics); two running are a fault.
const MAX_FAILURES = 2
const NOW_KEY = xxhashAsHex('Timestamp', 128) + xxhashAsHex('Now', 128).slice(2)
const NO_MESSAGES = { downwardMessages: [], upwardMessages: {}, horizontalMessages: {} }
// What a watcher hears about a transaction that broke its block; the form is that of a dispatch validity error.
const BROKE_ITS_BLOCK = { toJSON: () => ({ invalid: { call: null } }) }

function u64(value) {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return `0x${bytes.toString('hex')}`
}

export class ChainFault extends Error {}

export class Producer {
  #chain
  #slotMs
  #eager
  #manual
  #slot
  #travelledMs = 0
  #failures = 0
  #wake = () => {}
  #built = new Set()
  #asked = Promise.resolve()

  constructor({ chain, slotMs, eager, manual, genesisSlot }) {
    this.#chain = chain
    this.#slotMs = slotMs
    this.#eager = eager
    this.#manual = manual
    this.#slot = genesisSlot
  }

  // The time that the chain should show: UTC, plus what a test travelled.
  get now() {
    return Date.now() + this.#travelledMs
  }

  // To be called when a transaction came in.
  poke() {
    this.#wake()
  }

  // Moves the chain's clock forward to `target` (ms since 1970) with the next block, and waits for that block.
  async travel(target) {
    const slot = Math.floor(target / this.#slotMs)
    if (slot <= this.#slot) throw new RangeError('the clock of a chain only moves forward')
    this.#travelledMs = target - Date.now()
    while (this.#slot < slot) await this.nextBlock()
    return this.#slot * this.#slotMs
  }

  // Builds one block that carries `target` (ms since 1970, rounded down to the slot) with what waits in the pool, and
  // tells its hash. Only for a manual chain; askers are served one after the other.
  block(target) {
    const built = this.#asked.then(async () => {
      const slot = Math.floor(target / this.#slotMs)
      if (slot <= this.#slot) throw new RangeError('the clock of a chain only moves forward')
      await this.#buildAt(slot)
      return this.#chain.head.hash
    })
    this.#asked = built.catch(() => {}) // told to its own asker; the next one is served all the same
    return built
  }

  // Resolves when the next block is built.
  nextBlock() {
    const built = new Promise((resolve, reject) => this.#built.add({ resolve, reject }))
    this.#wake()
    return built
  }

  // Builds until the process ends. Throws a ChainFault when the chain can't keep its promises any more.
  async run() {
    if (this.#manual) await new Promise(() => {})
    for (;;) {
      const wait = this.#untilNext()
      if (wait > 0) await this.#sleep(wait)
      else await this.#build(Math.max(this.#slot + 1, Math.floor(this.now / this.#slotMs)))
    }
  }

  #untilNext() {
    const due = (this.#slot + 1) * this.#slotMs - this.now
    const early = this.#eager && this.#chain.txPool.pendingExtrinsics.length > 0
    return early ? due - MAX_AHEAD_MS : due
  }

  async #sleep(ms) {
    let timer
    await new Promise((resolve) => {
      this.#wake = resolve
      timer = setTimeout(resolve, ms)
    })
    clearTimeout(timer)
    this.#wake = () => {}
  }

  async #buildAt(slot) {
    const pool = this.#chain.txPool
    const transactions = pool.pendingExtrinsics
    pool.clear()
    try {
      const [block, broken] = await buildBlock(
        this.#parentBefore(slot), this.#chain.getInherents(), { transactions, ...NO_MESSAGES },
        { onApplyExtrinsicError: (transaction, error) => pool.event.emit(APPLY_EXTRINSIC_ERROR, [transaction, error]) },
      )
      await this.#chain.onNewBlock(block)
      this.#slot = slot
      this.#refuse(broken)
    } catch (error) {
      this.#refuse(transactions)
      throw error
    }
  }

  async #build(slot) {
    try {
      await this.#buildAt(slot)
      this.#checkClock()
      for (const waiter of this.#built) waiter.resolve()
    } catch (error) {
      if (error instanceof ChainFault) throw error
      for (const waiter of this.#built) waiter.reject(error)
      this.#count(`the runtime can't build a block: ${error.message ?? error}`)
      await this.#sleep(this.#slotMs)
    }
    this.#built.clear()
  }

  // The head; where slots were missed, the head as if the block before this one had come in time. The copy is never
  // registered, so what readers see at the head's hash does not change under them.
  #parentBefore(slot) {
    const head = this.#chain.head
    if (slot === this.#slot + 1) return head
    return new Block(this.#chain, head.number, head.hash, head, {
      header: head.header, extrinsics: [], storage: head.storage, storageDiff: { [NOW_KEY]: u64((slot - 1) * this.#slotMs) },
    })
  }

  #refuse(transactions) {
    for (const transaction of transactions) this.#chain.txPool.event.emit(APPLY_EXTRINSIC_ERROR, [transaction, BROKE_ITS_BLOCK])
  }

  #checkClock() {
    const drift = this.#slot * this.#slotMs - this.now
    if (drift > MAX_DRIFT_MS) throw new ChainFault(`its clock is ${drift} ms ahead of UTC`)
    if (drift < -MAX_DRIFT_MS) this.#count(`its clock is ${-drift} ms behind UTC; this machine is too busy to build blocks in time`)
    else this.#failures = 0
  }

  #count(why) {
    this.#failures += 1
    if (this.#failures >= MAX_FAILURES) throw new ChainFault(why)
  }
}
