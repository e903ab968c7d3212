import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const FOLDER = fileURLToPath(new URL('..', import.meta.url))

/** How a program may come by a library and by us: the module system, and who is first. */
export const LOAD_ORDERS = [
  ['import', 'before'],
  ['import', 'after'],
  ['require', 'before'],
  ['require', 'after'],
] as const

/**
 * Runs a program that loads a library before or after `instrument()` and does `work(library)` in a trace; resolves to
 * the names and the statements of what was recorded. `settings` are the arguments of `instrument()`, as code.
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
  const type = system === 'import' ? 'module' : 'commonjs'
  const { stdout } = await run(process.execPath, [`--input-type=${type}`, '-e', program], { cwd: FOLDER })
  return JSON.parse(stdout)
}
