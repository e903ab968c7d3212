import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const FOLDER = fileURLToPath(new URL('..', import.meta.url))

/** The ways to load a library: with ES modules or CommonJS, and before or after `instrument()` is called. */
export const LOAD_ORDERS = [
  ['import', 'before'],
  ['import', 'after'],
  ['require', 'before'],
  ['require', 'after'],
] as const

/**
 * Runs a program that loads a library before or after `instrument()`, and runs the code `work` in a trace. Resolves to
 * the names and statements of the records. `settings` contains the arguments of `instrument()`, as source code.
 */
export async function traceInProgram(
  [system, order]: (typeof LOAD_ORDERS)[number],
  library: string,
  work: string,
  settings = '',
): Promise<string[]> {
  const load = (name: string) => (system === 'import' ? `await import('${name}')` : `require('${name}')`)
  const steps = [`library = ${load(library)}`, `(${load('@osprofiler/instruments')}).instrument(${settings})`]
  const program = `
    const main = async () => {
      const { run, setNotifier } = ${load('@osprofiler/core')}
      const records = []
      setNotifier(record => void records.push(record))
      let library
      ${(order === 'before' ? steps : steps.toReversed()).join(';\n')};
      library = library.default ?? library
      await run({ hmacKey: 'k' }, async () => { ${work} })
      console.log(JSON.stringify(records.map(({ name, info }) => [name, info.db?.statement].filter(Boolean).join(' '))))
      process.exit()
    }
    main().catch(error => { console.error(error); process.exit(1) })`
  return JSON.parse(await runFile(program, system === 'import' ? 'mjs' : 'cjs'))
}

/**
 * Runs a program from a file, because the instruments find imported libraries starting from the program's main file.
 */
async function runFile(program: string, extension: string): Promise<string> {
  const folder = await mkdtemp(join(FOLDER, 'node_modules', '.program-'))
  try {
    const file = join(folder, `main.${extension}`)
    await writeFile(file, program)
    const { stdout } = await run(process.execPath, [file], { cwd: FOLDER })
    return stdout
  } finally {
    await rm(folder, { recursive: true })
  }
}
