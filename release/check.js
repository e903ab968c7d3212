import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from './packages.js'

const exec = promisify(execFile)
const publint = join(root, 'node_modules/publint/src/cli.js')
const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js')

/**
 * Lints a tarball's manifest and files.
 *
 * @param {string} tarball
 * @throws Error with publint's findings
 */
export async function lintPackage(tarball) {
  const output = await run(publint, ['run', '--strict', tarball])
  // A suggestion does not make publint fail, even with --strict.
  if (!output.includes('All good!')) throw new Error(output)
}

/**
 * Checks that each entry point in a tarball resolves for users of ES modules. CommonJS loads our packages with
 * `require(esm)`.
 *
 * @param {string} tarball
 * @throws Error with the findings of "Are the types wrong?"
 */
export async function checkTypes(tarball) {
  await run(attw, ['--profile', 'esm-only', '--no-color', '--no-emoji', tarball])
}

async function run(program, args) {
  try {
    const { stdout } = await exec(process.execPath, [program, ...args], { cwd: root })
    return stdout
  } catch ({ stdout, stderr }) {
    throw new Error(`${stdout}${stderr}`)
  }
}
