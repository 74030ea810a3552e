// The development Substrate chain: our runtime in Chopsticks, from a genesis made now, with blocks by the real clock.
//   node substrate.mjs --wasm runtime.wasm --patch '{"eligibility": ...}' [--host 127.0.0.1] [--port 0] [--eager | --manual [--begins ms]]
// Prints one line `LOCKSTEP READY {json}` when it serves, and `LOCKSTEP FAULT sentence` before it ends by itself.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { allHandlers, Api, Blockchain, GenesisProvider, inherentProviders, ResponseError } from '@acala-network/chopsticks-core'
import { createServer } from '@acala-network/chopsticks/server'
import { TypeRegistry } from '@polkadot/types'
import { makeSpec } from './genesis.mjs'
import { ChainFault, Producer } from './producer.mjs'

// Kept in memory for the life of the process; beyond its default of 500 Chopsticks would ask the genesis for old blocks.
const MAX_BLOCKS = 10_000_000

// Chopsticks' genesis has a constant hash, and answers with itself whatever block it is asked for. Here its hash is that
// of its header, so that a transaction signed for one development chain is no transaction of the next, and an unknown
// block is unknown.
class Genesis extends GenesisProvider {
  #hash

  static async of(spec) {
    const genesis = new Genesis(spec)
    const header = await genesis.getHeader()
    genesis.#hash = new TypeRegistry().createType('Header', header).hash.toHex()
    const answer = genesis.send
    genesis.send = async (method, params, cacheable) => {
      const asksBlock = method === 'chain_getHeader' || method === 'chain_getBlock'
      return asksBlock && params[0] && params[0] !== genesis.#hash ? null : answer(method, params, cacheable)
    }
    return genesis
  }

  get blockHash() {
    return this.#hash
  }
}

// A runtime call takes a tenth of a second here, because the runtime is made anew for each, and blocks wait behind it. What a
// call says of one block never changes, so signers and attestors who read the same block share one run of it.
const MAX_CALLS = 4096

class RememberedCalls {
  #answers = new Map()

  of(call) {
    return (context, [method, data, at]) => {
      const block = at ?? context.chain.head.hash
      const key = `${block} ${method} ${data}`
      const known = this.#answers.get(key)
      if (known) return known
      const answer = call(context, [method, data, block])
      this.#answers.set(key, answer)
      answer.catch(() => this.#answers.delete(key))
      if (this.#answers.size > MAX_CALLS) this.#answers.delete(this.#answers.keys().next().value)
      return answer
    }
  }

  // Whoever writes into a block's state makes another block of it under the same hash.
  forgottenBy(change) {
    return (...args) => {
      this.#answers.clear()
      return change(...args)
    }
  }
}

async function openChain(spec) {
  const genesis = await Genesis.of(spec)
  const api = new Api(genesis)
  await api.isReady
  const header = { hash: genesis.blockHash, number: 0 }
  return new Blockchain({
    api, header, inherentProviders, buildBlockMode: 'Manual', maxMemoryBlockCount: MAX_BLOCKS, processQueuedMessages: false,
  })
}

function rpcHandler(chain, producer, manual) {
  const { dev_newBlock: _newBlock, dev_setBlockBuildMode: _mode, dev_setHead: _head, ...methods } = allHandlers
  const submitting = (method) => async (...args) => {
    const answer = await method(...args)
    producer.poke()
    return answer
  }
  const calls = new RememberedCalls()
  const handlers = {
    ...methods,
    state_call: calls.of(methods.state_call),
    dev_setStorage: calls.forgottenBy(methods.dev_setStorage),
    author_submitExtrinsic: submitting(methods.author_submitExtrinsic),
    author_submitAndWatchExtrinsic: submitting(methods.author_submitAndWatchExtrinsic),
    dev_timeTravel: async (_context, [target]) => {
      if (manual) throw new ResponseError(-32601, 'this chain builds blocks by dev_block only')
      if (!Number.isSafeInteger(target)) throw new ResponseError(-32602, 'dev_timeTravel takes a time in ms since 1970')
      try {
        return await producer.travel(target)
      } catch (error) {
        if (error instanceof RangeError) throw new ResponseError(-32602, error.message)
        throw error
      }
    },
    dev_block: async (_context, [target]) => {
      if (!manual) throw new ResponseError(-32601, 'this chain builds its blocks by the real clock')
      if (!Number.isSafeInteger(target)) throw new ResponseError(-32602, 'dev_block takes a time in ms since 1970')
      try {
        return await producer.block(target)
      } catch (error) {
        if (error instanceof RangeError) throw new ResponseError(-32602, error.message)
        throw error
      }
    },
    rpc_methods: async () => ({ version: 1, methods: Object.keys(handlers).sort() }),
  }
  return async ({ method, params }, subscriptions) => {
    const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined
    if (!handler) throw new ResponseError(-32601, `Method not found: ${method}`)
    return handler({ chain }, params, subscriptions)
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      wasm: { type: 'string' }, patch: { type: 'string', default: '{}' }, preset: { type: 'string', default: 'development' },
      host: { type: 'string', default: '127.0.0.1' }, port: { type: 'string', default: '0' }, eager: { type: 'boolean', default: false },
      manual: { type: 'boolean', default: false }, begins: { type: 'string' },
    },
  })
  // The genesis holds the time, so a manual chain that begins at a given one has the same name each time.
  const now = values.manual && values.begins ? Number(values.begins) : Date.now()
  const { spec, slotMs } = await makeSpec({
    wasm: readFileSync(values.wasm), patchText: values.patch, presetName: values.preset, now,
  })
  const chain = await openChain(spec)
  const genesis = chain.head.hash
  const producer = new Producer({ chain, slotMs, eager: values.eager, manual: values.manual, genesisSlot: Math.floor(now / slotMs) - 1 })
  // It derives the chain's domain: nothing is true before it.
  const firstBlock = values.manual ? producer.block(now) : producer.nextBlock()
  const production = producer.run()
  production.catch(() => {}) // awaited below; a fault before that must not end the process without its sentence
  const { port } = await createServer(rpcHandler(chain, producer, values.manual), Number(values.port), values.host)
  await Promise.race([firstBlock, production])
  process.stdout.write(`LOCKSTEP READY ${JSON.stringify({ port, genesis, slotMs })}\n`)
  await production
}

process.on('SIGTERM', () => process.exit(0))
try {
  await main()
} catch (error) {
  const why = error instanceof ChainFault ? error.message : error.stack ?? String(error)
  process.stdout.write(`LOCKSTEP FAULT ${why}\n`, () => process.exit(70))
}
