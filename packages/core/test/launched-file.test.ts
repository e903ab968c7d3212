import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const CORE = JSON.stringify(new URL('../dist/index.js', import.meta.url).href)
const TOOLKIT = JSON.stringify(new URL('../dist/toolkit/index.js', import.meta.url).href)
/** A program that prints the service name from its records, and then the path of its main file. */
const SHOW = `Promise.all([import(${CORE}), import(${TOOLKIT})]).then(([core, { mainFile }]) => {
  let service
  core.setNotifier(record => { service = record.service })
  core.run({ hmacKey: 'KEY' }, () => core.start('step').stop())
  console.log(service, mainFile() ?? 'none')
})`
/** A program that loads the main file in the same way as lib/ProcessContainerFork.js in versions 5 to 7 of PM2. */
const FORK = `require('module')._load(process.env.pm_exec_path, null, true)`
const FORK_OF_MODULE = `import(require('url').pathToFileURL(process.env.pm_exec_path))`
/** A program that loads the main file in the same way as lib/ProcessContainer.js in versions 5 to 7 of PM2. */
const CLUSTER = `const settings = JSON.parse(process.env.pm2_env)
for (const name in settings) process.env[name] = settings[name]
delete process.env.pm2_env
process.argv = process.argv.concat(settings.args)
require('module')._load(settings.pm_exec_path, null, true)`
const PASSENGER = `globalThis.PhusionPassenger = { options: { app_root: process.env.APP_ROOT, startup_file: 'server.js' } }
require(process.env.APP_ROOT + '/server.js')`
const IISNODE = `const [, , file] = process.argv
process.argv.splice(1, 1)
require(file)`
const REQUIRE_FIRST = `require(process.argv[2])`

let folder: string
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'osprofiler-launched-')))
  write('orders/package.json', '{ "name": "orders" }')
  write('orders/server.js', SHOW)
  write('orders/server.mjs', SHOW)
  write('nameless/server.js', SHOW)
  write('nameless/web/index.js', SHOW)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(path: string, text: string): string {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
  return join(folder, path)
}

interface Launch {
  readonly file: string
  readonly args?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
}

function show({ file, args = [], env, cwd = '' }: Launch): string {
  const options = { cwd: join(folder, cwd), env: { ...process.env, ...env }, encoding: 'utf8' } as const
  return execFileSync(process.execPath, [file, ...args], options)
    .trim()
    .replaceAll(`${folder}/`, '')
}

describe('a program under PM2', () => {
  it.each([
    ['in fork mode', FORK, 'server.js'],
    ['as a module in fork mode', FORK_OF_MODULE, 'server.mjs'],
  ])('%s is named after its own package', (_, container, program) => {
    const file = write('lib/node_modules/pm2/lib/ProcessContainerFork.js', container)
    write('lib/node_modules/pm2/package.json', '{ "name": "pm2" }')
    const env = { pm_exec_path: join(folder, 'orders', program), name: 'web' }

    expect(show({ file, env })).toBe(`orders orders/${program}`)
  })

  it('in cluster mode is named after its own package', () => {
    const file = write('orders/node_modules/pm2/lib/ProcessContainer.js', CLUSTER)
    const settings = { pm_exec_path: join(folder, 'orders/server.js'), name: 'web', args: [] }

    expect(show({ file, env: { pm2_env: JSON.stringify(settings) } })).toBe('orders orders/server.js')
  })

  it('is recognized even by a module that is loaded before the main file of the program', () => {
    const file = write('lib/node_modules/pm2/lib/ProcessContainer.js', '')
    const early = write('early.cjs', SHOW)
    const settings = { pm_exec_path: join(folder, 'orders/server.js'), name: 'web' }
    const env = { pm2_env: JSON.stringify(settings), NODE_OPTIONS: `--require ${early}` }

    expect(show({ file, env })).toBe('orders orders/server.js')
  })

  it("has the name that PM2 uses if the program's package has no name", () => {
    const file = write('lib/node_modules/pm2/lib/ProcessContainerFork.js', FORK)
    const env = { pm_exec_path: join(folder, 'nameless/server.js'), name: 'web' }

    expect(show({ file, env })).toBe('web nameless/server.js')
  })

  it('does not pass its name on to the programs that it starts', () => {
    const env = { pm_exec_path: join(folder, 'orders/server.js'), name: 'web' }

    expect(show({ file: join(folder, 'nameless/server.js'), env })).toBe('server nameless/server.js')
  })
})

describe('a program', () => {
  it.each([
    ['Passenger', 'passenger/helper-scripts/node-loader.js', PASSENGER],
    ['iisnode', 'iisnode/interceptor.js', IISNODE],
  ])('under %s is named after its own package', (_, path, launcher) => {
    const file = write(path, launcher)
    const args = [join(folder, 'orders/server.js')]

    expect(show({ file, args, env: { APP_ROOT: join(folder, 'orders') } })).toBe('orders orders/server.js')
  })

  it.each([
    ['the project if the tool is installed in the project', 'orders/node_modules/tool/bin.js', '', 'orders'],
    [
      'the project if the tool is linked into the project',
      'orders/node_modules/.pnpm/tool@1/node_modules/tool/bin.js',
      '',
      'orders',
    ],
    [
      'the workspace of the project in which the tool was started',
      'orders/node_modules/tool/bin.js',
      'orders/parts/mail',
      'mail',
    ],
    ['the tool if the tool is installed globally', 'lib/node_modules/tool/bin.js', 'orders', 'tool'],
  ])('that a tool runs is named after %s', (_, path, cwd, name) => {
    write('orders/parts/mail/package.json', '{ "name": "mail" }')
    const file = write(path, REQUIRE_FIRST)
    write(join(dirname(path), 'package.json'), '{ "name": "tool" }')

    expect(show({ file, args: [join(folder, 'orders/server.js')], cwd })).toBe(`${name} ${path}`)
  })

  it.each([
    ['nameless/server.js', 'server'],
    ['nameless/web/index.js', 'web'],
  ])('without a package is named after its file: %s', (path, name) => {
    expect(show({ file: join(folder, path) })).toBe(`${name} ${path}`)
  })
})
