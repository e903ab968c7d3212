import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, posix, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ModuleDeclaration, parse, type Statement } from 'acorn'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BUNDLERS } from './bundlers.js'
import { packageFolders } from './packed.js'

const packages = packageFolders.map(folder => {
  const { name, sideEffects, exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return { name, folder, entries: Object.keys(exports), run: sideEffects === false ? [] : (sideEffects as string[]) }
})

/**
 * The statements in these modules only complete the modules' own exports. If nobody uses the exports, the statements
 * can be removed.
 */
const SELF_PREPARING_MODULES = ['./dist/promises/follow-promise.js', './dist/secrets/finders/signs-of-secrets.js']

// The bundles are written below this folder, so that they find the packages.
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(fileURLToPath(new URL('.', import.meta.url)), '.side-effects-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the modules with side effects', () => {
  it.each(packages)('are those that the manifest of $name lists', ({ folder: place, run }) => {
    const modules = readdirSync(join(place, 'build'), { recursive: true, encoding: 'utf8' })
      .filter(file => file.endsWith('.js'))
      .map(file => `./dist/${file.replaceAll(sep, '/')}`)

    const effective = modules.filter(file =>
      hasEffect(readFileSync(join(place, file.replace('dist', 'build')), 'utf8')),
    )

    // A declaration can also have an effect: in `register`, one declaration calls setup().
    const declared = run.filter(file => file === './dist/register.js')
    expect([...effective.filter(file => !SELF_PREPARING_MODULES.includes(file)), ...declared].sort()).toEqual(
      [...run].sort(),
    )
  })
})

describe.each(Object.keys(BUNDLERS))('a bundle made by %s', bundler => {
  it('keeps modules that are imported for their side effects', async () => {
    const bundle = await makeBundle(
      bundler,
      'kept',
      `import '@osprofiler/node/register'
      import { getNotifier } from '@osprofiler/core'
      console.log(typeof getNotifier())`,
      '@osprofiler/drivers',
    )

    const env = { OSPROFILER_HMAC_KEYS: 'o7Vt2kQ9xWc4LmZs8RbYpD1g', OSPROFILER_CONNECTION_STRING: 'memory://' }
    const { stdout, stderr } = spawnSync(process.execPath, [bundle], { env, encoding: 'utf8' })

    expect({ stdout, stderr }).toEqual({ stdout: 'function\n', stderr: '' })
  })

  it('leaves out unused modules', async () => {
    const libraries = packages.filter(({ name }) => name !== 'osprofiler')
    const names = libraries.flatMap(({ name, entries }) => entries.map(entry => posix.join(name, entry)))
    const unused = names.filter(name => !/\/(package\.json|register)$/.test(name))

    const program = unused.map(name => `import '${name}'`).join('\n')
    // fastify-plugin is a CommonJS module, for which Rollup would need a plugin.
    const bundle = await makeBundle(bundler, 'empty', program, 'fastify-plugin')

    expect(statSync(bundle).size).toBeLessThan(1_000)
  })
})

async function makeBundle(bundler: string, name: string, program: string, outside: string): Promise<string> {
  const entry = join(folder, `${name}.mjs`)
  const bundle = join(folder, `${name}-${bundler}.mjs`)
  writeFileSync(entry, program)
  await BUNDLERS[bundler]?.(entry, bundle, 'esm', [outside])
  return bundle
}

/** Returns whether a module has a statement that does more than declare something. */
function hasEffect(text: string): boolean {
  const { body } = parse(text, { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true })
  return body.some(statement => !isDeclaration(statement))
}

function isDeclaration(statement: Statement | ModuleDeclaration): boolean {
  if (statement.type === 'ImportDeclaration') return statement.specifiers.length > 0
  return statement.type.startsWith('Export') || statement.type.endsWith('Declaration')
}
