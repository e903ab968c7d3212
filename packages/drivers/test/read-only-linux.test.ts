import { randomBytes } from 'node:crypto'
import { chmodSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import { describe, expect, it } from 'vitest'
import { finish, fixture, startFixture, startProgram } from './child.js'
import { temporaryDirectory } from './temporary-directory.js'

const NOBODY = 65_534

/** States in which another user may have left a database and its other files. */
const LEFT: Readonly<Record<string, { readonly how: string; readonly prepare?: (path: string) => void }>> = {
  closed: { how: 'closed' },
  'with its log and the index of the log': { how: 'killed' },
  'with a log of random bytes, which SQLite ignores': {
    how: 'killed',
    prepare(path) {
      const database = new DatabaseSync(path)
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      database.close()
      rmSync(`${path}-shm`, { force: true })
      writeFileSync(`${path}-wal`, randomBytes(8_192))
    },
  },
  'with only its log': { how: 'killed', prepare: path => rmSync(`${path}-shm`) },
  "as Python's clients leave it, without a log": {
    how: 'closed',
    prepare: path => {
      const database = new DatabaseSync(path)
      database.exec('PRAGMA journal_mode = DELETE')
      database.close()
    },
  },
}

/** Reasons why a process may not write. */
const WITHOUT_RIGHTS: Readonly<Record<string, (directory: string, args: readonly string[]) => [string, string[]]>> = {
  'on a read-only mount': (directory, args) => [
    'unshare',
    ['-rm', 'sh', '-c', 'mount --bind -o ro "$0" "$0" && exec "$@"', directory, process.execPath, ...args],
  ],
  ...(process.getuid?.() === 0
    ? {
        'of another user': (_: string, args: readonly string[]): [string, string[]] => [
          'setpriv',
          [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', process.execPath, ...args],
        ],
      }
    : {}),
}

describe.each(Object.entries(WITHOUT_RIGHTS))('a database %s', (_, start) => {
  it.each(Object.entries(LEFT))(
    'is read completely and not changed if it was left %s',
    async (__, { how, prepare }) => {
      const directory = await leaveDatabase(how, prepare)
      const before = describeFiles(directory)

      const outcomes = await useStore(start, directory, `sqlite:///${join(directory, 'traces.db')}`)

      expect(outcomes).toMatchObject({ list: [['left', 2]], failed: 0, records: 2, again: 2 })
      for (const change of ['write', 'remove', 'prune', 'pruneNothing']) {
        expect(outcomes[change]).toMatch(/^ERR_STORE The store ".*traces\.db" is read-only: this user cannot write/)
      }
      expect(describeFiles(directory)).toEqual(before)
    },
  )
})

it.runIf(process.getuid?.() === 0).each(['', '-wal'])(
  'listTraces() fails and names the database file that this user may not read: "traces.db%s"',
  async suffix => {
    const directory = await leaveDatabase('killed')
    chmodSync(join(directory, `traces.db${suffix}`), 0o600)
    const start = WITHOUT_RIGHTS['of another user']

    const outcomes = await useStore(start as never, directory, `sqlite:///${join(directory, 'traces.db')}`)

    expect(outcomes.list).toContain(`this user may not read the file "traces.db${suffix}"`)
  },
)

describe.each(Object.entries(WITHOUT_RIGHTS))('a directory of trace files %s', (_, start) => {
  it('is read completely and not changed', async () => {
    const directory = temporaryDirectory()
    await finish(startFixture('leave-database.mjs', [`file://${directory}`, 'closed']))
    openToOthers(directory)
    const before = describeFiles(directory)

    const outcomes = await useStore(start, directory, `file://${directory}`)

    expect(outcomes).toMatchObject({ list: [['left', 2]], failed: 0, records: 2, again: 2 })
    for (const change of ['write', 'remove', 'prune', 'pruneNothing']) {
      expect(outcomes[change]).toMatch(/^ERR_STORE The store in ".*" (?:is read-only|denies access to this user)/)
    }
    expect(describeFiles(directory)).toEqual(before)
  })
})

describe('a trace file that this user may not read', () => {
  it.runIf(process.getuid?.() === 0)('does not prevent a list of the other traces', async () => {
    const directory = temporaryDirectory()
    await finish(startFixture('leave-database.mjs', [`file://${directory}`, 'closed']))
    openToOthers(directory)
    await finish(
      startProgram('sh', ['-c', `echo '{}' > '${directory}/secret.jsonl'; chmod 600 '${directory}/secret.jsonl'`]),
    )

    const outcomes = await useStore(WITHOUT_RIGHTS['of another user'] ?? fail, directory, `file://${directory}`)

    expect(outcomes).toMatchObject({ list: [['left', 2]], records: 2 })
  })
})

async function leaveDatabase(how: string, prepare?: (path: string) => void): Promise<string> {
  const directory = temporaryDirectory()
  const path = join(directory, 'traces.db')
  await finish(startFixture('leave-database.mjs', [`sqlite:///${path}`, how]))
  prepare?.(path)
  openToOthers(directory)
  return directory
}

function openToOthers(directory: string): void {
  chmodSync(directory, 0o755)
  for (const name of readdirSync(directory)) chmodSync(join(directory, name), 0o644)
}

function describeFiles(directory: string): string[] {
  return readdirSync(directory).map(name => {
    const { size, mtimeMs } = statSync(join(directory, name))
    // SQLite changes the modification time of the `-shm` file when it locks the database, so only the name of this file
    // is compared.
    return name.endsWith('-shm') ? name : `${name} ${size} ${mtimeMs}`
  })
}

async function useStore(
  start: (directory: string, args: readonly string[]) => [string, string[]],
  directory: string,
  connectionString: string,
): Promise<Record<string, unknown>> {
  const [command, args] = start(directory, [fixture('read-and-write.mjs'), connectionString])
  const { stdout, stderr } = await finish(startProgram(command, args))
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

function fail(): never {
  throw new Error('There is no other user.')
}
