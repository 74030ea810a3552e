// Makes a raw chain spec from a runtime's wasm: the runtime's own GenesisBuilder turns a JSON configuration into storage.
// configuration = default <- preset <- patch, merged as RFC 7396 does. Used by substrate.mjs, and by hand:
//   node genesis.mjs --wasm runtime.wasm --patch patch.json --out spec.json
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { destroyWorker, getAuraSlotDuration, runTask } from '@acala-network/chopsticks-core'
import {
  compactAddLength, compactStripLength, hexToU8a, stringToHex, stringToU8a, u8aConcat, u8aToHex, u8aToString,
} from '@polkadot/util'
import { xxhashAsHex } from '@polkadot/util-crypto'

// Balances go beyond 2^53, where JSON.parse rounds. Long integers travel as marked texts until they are written again.
const LONG_INTEGERS = /"(?:[^"\\]|\\.)*"|-?\d{16,}/g
const MARKED = /"int:(-?\d+)"/g

function parseExactly(text) {
  return JSON.parse(text.replace(LONG_INTEGERS, (token) => (token.startsWith('"') ? token : `"int:${token}"`)))
}

function writeExactly(value) {
  return JSON.stringify(value).replace(MARKED, '$1')
}

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value)

function merge(base, patch) {
  if (!isObject(patch)) return patch
  const result = isObject(base) ? { ...base } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = merge(result[key], value)
  }
  return result
}

const emptyState = {
  getStorage: async () => undefined,
  getNextKey: async () => undefined,
  offchainGetStorage: async () => undefined,
  offchainTimestamp: async () => Date.now(),
  offchainRandomSeed: async () => '0x' + '00'.repeat(32),
  offchainSubmitTransaction: async () => false,
}

async function call(wasm, method, argument) {
  const task = { wasm, calls: [[method, [argument]]], mockSignatureHost: false, allowUnresolvedImports: false, runtimeLogLevel: 0 }
  const answer = await runTask(task, emptyState)
  if (!('Call' in answer)) throw new Error(`${method} failed: ${answer.Error}`)
  return { result: hexToU8a(answer.Call.result), storage: answer.Call.storageDiff }
}

async function preset(wasm, name) {
  const argument = name === null ? new Uint8Array([0]) : u8aConcat([1], compactAddLength(stringToU8a(name)))
  const { result } = await call(wasm, 'GenesisBuilder_get_preset', u8aToHex(argument))
  if (result[0] !== 1) throw new Error(`the runtime has no genesis preset ${name ?? 'by default'}`)
  return parseExactly(u8aToString(compactStripLength(result.subarray(1))[1]))
}

function u64(value) {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true)
  return u8aToHex(bytes)
}

const storageKey = (pallet, item) => xxhashAsHex(pallet, 128) + xxhashAsHex(item, 128).slice(2)

/**
 * The raw spec. `patchText` is JSON as text, so that its long integers survive; `now` is the clock in ms since 1970.
 * The chain's clock starts one slot before `now`: the first block then carries the slot of the present, as a real
 * chain's would, and no lock opens early or late because the chain began at zero.
 */
export async function makeSpec({ wasm: bytes, patchText, presetName, now }) {
  const wasm = u8aToHex(bytes)
  const slotMs = await getAuraSlotDuration(wasm)
  const config = merge(merge(await preset(wasm, null), await preset(wasm, presetName)), parseExactly(patchText))
  const argument = u8aToHex(compactAddLength(stringToU8a(writeExactly(config))))
  const { result, storage } = await call(wasm, 'GenesisBuilder_build_state', argument)
  if (result[0] !== 0) {
    throw new Error(`the runtime refuses the genesis configuration: ${u8aToString(compactStripLength(result.subarray(1))[1])}`)
  }
  const top = Object.fromEntries(storage.filter(([, value]) => value !== null))
  const slot = Math.floor(now / slotMs) - 1
  top[stringToHex(':code')] = wasm
  top[storageKey('Timestamp', 'Now')] = u64(slot * slotMs)
  top[storageKey('Aura', 'CurrentSlot')] = u64(slot)
  return {
    slotMs,
    spec: {
      name: 'Lockstep Development',
      id: 'lockstep_dev',
      properties: { ss58Format: 42, tokenDecimals: 12, tokenSymbol: 'UNIT' },
      genesis: { raw: { top } },
    },
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      wasm: { type: 'string' }, patch: { type: 'string' }, preset: { type: 'string', default: 'development' }, out: { type: 'string' },
    },
  })
  const { spec } = await makeSpec({
    wasm: readFileSync(values.wasm),
    patchText: values.patch ? readFileSync(values.patch, 'utf8') : '{}',
    presetName: values.preset,
    now: Date.now(),
  })
  writeFileSync(values.out, JSON.stringify(spec))
  await destroyWorker()
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main()
