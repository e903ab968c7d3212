import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { openDriver } from '@osprofiler/drivers'
import { describe, expect, it } from 'vitest'
import { toTracePath } from '../src/file/path.js'
import { finish, type OnTestFinished, printed, startFixture, startProgram } from './child.js'
import { makeTrace } from './make-record.js'
import { temporaryDirectory } from './temporary-directory.js'

/** Creates, in a directory, a place where no store can exist, such as a FIFO. Returns the place's connection string. */
type MakePlace = (directory: string, onFinished: OnTestFinished) => string | Promise<string>

const DATABASE: Record<string, MakePlace> = {
  'a folder in procfs, where mkdir reports a missing parent': () => 'sqlite:////proc/none/osprofiler/traces.db',
  'a folder in sysfs, where no program may create folders': () => 'sqlite:////sys/none/osprofiler/traces.db',
  'a path below a device': () => 'sqlite:////dev/null/osprofiler/traces.db',
  'a device': () => 'sqlite:////dev/full',
  'a FIFO': directory => `sqlite:///${makeFifo(join(directory, 'fifo'))}`,
  'a link to a FIFO': directory => `sqlite:///${makeLink(directory, makeFifo(join(directory, 'fifo')))}`,
  'a path below a FIFO': directory => `sqlite:///${makeFifo(join(directory, 'fifo'))}/traces.db`,
  'a socket': async (directory, onFinished) => `sqlite:///${await makeSocket(join(directory, 'socket'), onFinished)}`,
  'a directory': directory => `sqlite:///${directory}`,
  'a dangling link': directory => `sqlite:///${makeLink(directory, join(directory, 'nothing'))}`,
  'a path below a dangling link': directory => `sqlite:///${makeLink(directory, join(directory, 'nothing'))}/traces.db`,
  'a loop of links': directory => `sqlite:///${makeLink(directory, join(directory, 'link'))}/traces.db`,
  'a name that is too long': directory => `sqlite:///${join(directory, 'x'.repeat(300))}`,
  'a path that is too long': directory =>
    `sqlite:///${join(directory, ...Array(500).fill('x'.repeat(100)), 'traces.db')}`,
  'a path below a file': directory => `sqlite:///${makeFile(join(directory, 'file'))}/traces.db`,
  'a file that is not a database': directory => `sqlite:///${makeFile(join(directory, 'traces.db'))}`,
  'a database whose journal is a FIFO': directory => makeDatabase(directory, '-journal'),
  'a database whose log is a FIFO': directory => makeDatabase(directory, '-wal'),
  'a locked database': lockDatabase,
}

const FOLDER: Record<string, MakePlace> = {
  'a folder in procfs, where mkdir reports a missing parent': () => 'file:///proc/none/osprofiler',
  'a folder in sysfs, where no program may create folders': () => 'file:///sys/none/osprofiler',
  'a path below a device': () => 'file:///dev/null/osprofiler',
  'a FIFO': directory => `file://${makeFifo(join(directory, 'fifo'))}`,
  'a dangling link': directory => `file://${makeLink(directory, join(directory, 'nothing'))}`,
  'a loop of links': directory => `file://${makeLink(directory, join(directory, 'link'))}`,
  'a name that is too long': directory => `file://${join(directory, 'x'.repeat(300))}`,
  'a file': directory => `file://${makeFile(join(directory, 'file'))}`,
  'a folder in which the file of the trace is a FIFO': directory => {
    makeFifo(toTracePath(directory, 'trace'))
    return `file://${directory}`
  },
}

/** The names of the places of one program's stores, each with the function that creates the place. */
type Group = readonly (readonly [string, MakePlace])[]
const GROUP_SIZE = 5

const GROUPS: readonly (readonly [string, Group])[] = [
  ...inGroups(Object.entries(DATABASE)).map(group => ['sqlite://', group] as const),
  ...inGroups(Object.entries(FOLDER)).map(group => ['file://', group] as const),
]

function inGroups(places: Group): Group[] {
  const starts = places.map((_, index) => index).filter(index => index % GROUP_SIZE === 0)
  return starts.map(start => places.slice(start, start + GROUP_SIZE))
}

/** How a program ends. */
export type Ending = 'process.exit()' | 'close()' | 'by itself'

/** Declares the tests of programs that end in the given way and whose stores are at the places above. */
export function describeHostilePlaces(how: Ending): void {
  describe(`a program (way to end: ${how})`, () => {
    // The tests run concurrently, because each waits for several seconds.
    it.concurrent.for(GROUPS.map(([kind, group]) => [kind, group.map(([place]) => place), group] as const))(
      'with %s at %j warns once for each store, and ends at once without a busy loop',
      async ([, , group], { onTestFinished: onFinished }) => {
        const places = group.map(([, makePlace]) => makePlace(temporaryDirectory(onFinished), onFinished))
        const stores = (await Promise.all(places)).join('\n')

        const child = startFixture('end-at-hostile-place.mjs', [stores, how], { onFinished })
        await expectPromptEnd(child, how, group.length)
      },
    )

    it.concurrent.for(['sqlite:////DISK/osprofiler/traces.db', 'file:///DISK/osprofiler'])(
      'with %s on a read-only disk warns once, and ends at once',
      async (store, { onTestFinished: onFinished }) => {
        const disk = temporaryDirectory(onFinished)
        const fixture = join(import.meta.dirname, 'fixtures/end-at-hostile-place.mjs')
        const command = 'mount -t tmpfs -o ro tmpfs "$0" && exec "$@"'
        const program = [process.execPath, fixture, store.replace('/DISK', disk), how]

        const child = startProgram('unshare', ['-rm', 'sh', '-c', command, disk, ...program], onFinished)
        await expectPromptEnd(child, how, 1)
      },
    )
  })
}

async function expectPromptEnd(child: ReturnType<typeof startFixture>, how: string, stores: number): Promise<void> {
  const { code, stdout, stderr } = await finish(child)
  const closedAt = Date.now()
  const { busy, endedAt } = JSON.parse(stdout)

  expect(code).toBe(how === 'process.exit()' ? 3 : 0)
  const warnings = stderr.match(/Warning: /g) ?? []
  // With process.exit(), a store that still waits for a lock has not failed yet, so the program did not warn about it.
  if (how === 'process.exit()') expect(warnings.length, stderr).toBeLessThanOrEqual(stores)
  else expect(warnings, stderr).toHaveLength(stores)
  expect(busy).toBeLessThan(0.7)
  expect(closedAt - endedAt).toBeLessThan(2_000)
}

function makeFifo(path: string): string {
  execFileSync('mkfifo', [path])
  return path
}

function makeLink(directory: string, target: string): string {
  const path = join(directory, 'link')
  symlinkSync(target, path)
  return path
}

function makeFile(path: string): string {
  writeFileSync(path, 'something else\n'.repeat(1_000))
  return path
}

async function makeSocket(path: string, onFinished: OnTestFinished): Promise<string> {
  const server = createServer().listen(path)
  await once(server, 'listening')
  onFinished(() => void server.close())
  return path
}

/** Creates a database as the driver does. If `suffix` is given, the database's file with that suffix is a FIFO. */
async function makeDatabase(directory: string, suffix?: string): Promise<string> {
  const folder = join(directory, 'state')
  mkdirSync(folder)
  const path = join(folder, 'traces.db')
  const driver = openDriver(`sqlite:///${path}`)
  await driver.write(makeTrace(2))
  await driver.close()
  if (suffix !== undefined) makeFifo(`${path}${suffix}`)
  return `sqlite:///${path}`
}

async function lockDatabase(directory: string, onFinished: OnTestFinished): Promise<string> {
  const connectionString = await makeDatabase(directory)
  const holder = startFixture('hold-lock.mjs', [connectionString.slice('sqlite:///'.length)], { onFinished })
  await printed(holder, 'locked')
  return connectionString
}
