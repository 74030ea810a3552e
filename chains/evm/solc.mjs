// The command line of solc as far as forge uses it, answered by the solc-js of chains/devnet.
// forge hands over every source inside the standard JSON, so the path options (--allow-paths, --base-path,
// --include-path) have nothing to restrict and are dropped; no file is ever read from here.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const PATH_OPTIONS = new Set(['--allow-paths', '--base-path', '--include-path'])

function parse(argv) {
  const flags = []
  for (let i = 0; i < argv.length; i += 1) {
    const [name, value] = argv[i].split('=', 2)
    if (!PATH_OPTIONS.has(name)) flags.push(argv[i])
    else if (value === undefined) i += 1
  }
  return flags
}

function loadCompiler() {
  try {
    return createRequire(new URL('../devnet/package.json', import.meta.url))('solc')
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error
    process.stderr.write('solc-js is not installed. Run ./lockstep doctor once; it installs what is missing.\n')
    process.exit(2)
  }
}

const flags = parse(process.argv.slice(2))
if (flags.includes('--version')) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${loadCompiler().version()}\n`)
} else if (flags.includes('--standard-json')) {
  process.stdout.write(loadCompiler().compile(readFileSync(0, 'utf8')))
} else {
  process.stderr.write('This solc answers --version and --standard-json only.\n')
  process.exit(2)
}
