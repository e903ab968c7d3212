import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const root = fileURLToPath(new URL('..', import.meta.url))
const names = readdirSync(join(root, '.github/workflows'))
const ci = readWorkflow('ci.yml')
const release = readWorkflow('release.yml')

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly if?: string
  readonly with?: Record<string, unknown>
  readonly env?: Record<string, unknown>
}

interface Job {
  readonly uses?: string
  readonly needs?: string | string[]
  readonly if?: string
  readonly environment?: string
  readonly permissions?: Record<string, string>
  readonly 'timeout-minutes'?: number
  readonly strategy?: { readonly matrix: Record<string, (string | number)[]> }
  readonly steps?: Step[]
}

interface Workflow {
  readonly on: Record<string, unknown>
  readonly permissions: Record<string, string>
  readonly concurrency: Record<string, unknown>
  readonly defaults: { readonly run: { readonly shell: string } }
  readonly jobs: Record<string, Job>
}

describe('every workflow', () => {
  it.each(names)('%s names each action by its commit, with the version in a comment', name => {
    expect(findUnpinned(read(`.github/workflows/${name}`))).toEqual([])
  })

  it('names actions by their commits in the shared setup steps, too', () => {
    expect(findUnpinned(read('.github/actions/prepare/action.yml'))).toEqual([])
  })

  it.each(names)('%s has minimal permissions, a concurrency group, and a time limit for each job', name => {
    const { permissions, concurrency, defaults, jobs } = readWorkflow(name)

    expect(Object.values(permissions).filter(right => right !== 'read')).toEqual([])
    expect(concurrency).toMatchObject({ group: expect.any(String) })
    expect(defaults.run.shell).toBe('bash')
    for (const [job, { uses, steps = [], 'timeout-minutes': minutes }] of Object.entries(jobs)) {
      expect({ job, isBounded: uses !== undefined || minutes !== undefined }).toEqual({ job, isBounded: true })
      const checkouts = steps.filter(step => step.uses?.startsWith('actions/checkout'))
      expect(checkouts.map(step => step.with)).toEqual(checkouts.map(() => ({ 'persist-credentials': false })))
    }
  })
})

describe('CI', () => {
  it('runs on the oldest supported Node, and on all versions that .ci/run names', () => {
    const { engines } = JSON.parse(read('package.json'))
    const oldest = Number(/^>=(\d+)/.exec(engines.node)?.[1])
    const others = /OSPROFILER_TEST_NODES-([\d,]+)/.exec(read('.ci/run'))?.[1]?.split(',').map(Number) ?? []

    expect(ci.jobs.linux?.strategy?.matrix.node).toEqual([oldest, ...others])
    expect(others.length).toBeGreaterThan(0)
  })

  it('runs everything on the oldest version, and version-dependent tests on the others', () => {
    const { strategy, steps = [] } = ci.jobs.linux ?? {}
    const versions = strategy?.matrix.node ?? []
    const [oldest, newest] = [versions[0], versions.at(-1)]
    const runs = steps.filter(({ run }) => /\.ci\/run|test\/run\.js/.test(run ?? ''))

    const between = versions.slice(1, -1).map(version => `matrix.node == ${version}`)
    expect(runs.map(({ run, if: condition }) => [condition, run])).toEqual([
      [`matrix.node == ${oldest}`, '.ci/run'],
      [`matrix.node == ${newest}`, 'node test/run.js --other-node'],
      [between.join(' || '), 'node test/run.js --between'],
    ])
  })

  it('runs the reduced selection on macOS and Windows', () => {
    const { strategy, steps = [] } = ci.jobs.reduced ?? {}

    expect(strategy?.matrix.os).toEqual([expect.stringMatching(/^macos-/), expect.stringMatching(/^windows-/)])
    expect(steps.at(-1)?.run).toBe('node test/run.js --reduced')
  })

  it('runs for pull requests, and can be called by the release', () => {
    expect(Object.keys(ci.on)).toEqual(expect.arrayContaining(['pull_request', 'workflow_call']))
  })
})

describe('the release', () => {
  it('waits until CI has passed on the same commit', () => {
    expect(release.jobs.ci?.uses).toBe('./.github/workflows/ci.yml')
    for (const job of Object.keys(release.jobs).filter(name => name !== 'ci')) {
      expect({ job, needs: [...collectNeeds(job)] }).toEqual({ job, needs: expect.arrayContaining(['ci']) })
    }
  })

  it("proves the packages' origin in the only job that publishes, in a protected environment", () => {
    const mayProve = Object.entries(release.jobs).filter(
      ([, { permissions }]) => permissions?.['id-token'] !== undefined,
    )

    expect(mayProve.map(([name, { environment }]) => [name, environment])).toEqual([['publish', 'npm']])
    expect(mayProve[0]?.[1].permissions).toEqual({ contents: 'read', 'id-token': 'write' })
  })

  it('passes the npm secret only to the release script', () => {
    const steps = Object.values(release.jobs).flatMap(job => job.steps ?? [])
    const withSecret = steps.filter(step => JSON.stringify(step).includes('secrets.'))

    expect(withSecret.map(({ run }) => run)).toEqual(['npx -y pnpm@12 release'])
    expect(JSON.parse(read('package.json')).scripts.release).toBe('node release/publish.js')
  })

  it('uses no cache in a job that publishes or writes', () => {
    const writes = Object.entries(release.jobs).filter(([, { permissions = {} }]) =>
      Object.values(permissions).includes('write'),
    )
    const prepares = writes.flatMap(([, { steps = [] }]) => steps.filter(({ uses }) => uses?.endsWith('/prepare')))

    expect(prepares.length).toBeGreaterThan(0)
    expect(prepares.map(step => step.with?.cache)).toEqual(prepares.map(() => 'false'))
  })
})

/** Returns all jobs that a job waits for, directly or indirectly. */
function collectNeeds(job: string): Set<string> {
  const direct = [release.jobs[job]?.needs ?? []].flat()
  return new Set(direct.flatMap(name => [name, ...collectNeeds(name)]))
}

/** Returns the lines that use another owner's action by a name that its owner can move to another commit. */
function findUnpinned(text: string): string[] {
  const uses = text.split('\n').filter(line => /^\s*(?:- )?uses:/.test(line) && !/uses: \.\//.test(line))
  return uses.filter(line => !/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))
}

function readWorkflow(name: string): Workflow {
  return parse(read(`.github/workflows/${name}`))
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}
