import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Report, type ReportNode, readReport } from '@osprofiler/report'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const START = fileURLToPath(new URL('../examples/demo/dist/start.js', import.meta.url))
const TRACE = fileURLToPath(new URL('../traces/demo.json', import.meta.url))

interface Demo {
  readonly child: ChildProcess
  /** The output of the demo so far. */
  readonly said: { stdout: string; stderr: string }
  readonly ended: Promise<number | null>
}

let directory: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'osprofiler-demo-test-'))
})

afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

describe('the demo', () => {
  const began = Date.now()
  let demo: Demo
  let code: number | null
  let report: Report

  beforeAll(async () => {
    demo = startDemo()
    code = await demo.ended
    report = readReport(readFileSync(TRACE, 'utf8'))
  })

  it('runs to completion without errors', () => {
    expect(code).toBe(0)
    // On a busy machine, opening the connection can take so long that the command mentions it.
    expect(demo.said.stderr).toMatch(
      /^GET http:\/\/127\.0\.0\.1:\d+\/customers\/4711\/orders {2}200 {2}[\d.]+ m?s\n(?:Before that, opening the connection took .+\n)?\n$/,
    )
  })

  it('prints what it does, step by step', () => {
    const steps = demo.said.stdout.match(/^\d\. /gm)

    expect(steps).toEqual(['1. ', '2. ', '3. ', '4. ', '5. ', '6. '])
  })

  it('traces one request through three services and a message, with the right parents', () => {
    const [gateway, ...others] = report.roots
    const [toCatalog, toHistory, toOrders] = listCallees(gateway)

    expect(others).toEqual([])
    expect(describePoint(gateway)).toBe('gateway wsgi')
    expect(gateway?.children.map(describePoint)).toEqual(['gateway rpc', 'gateway http', 'gateway http'])
    expect(describePoint(toCatalog)).toBe('catalog wsgi')
    expect(toCatalog?.children.map(describePoint)).toEqual(['catalog catalog'])
    expect(describePoint(toHistory)).toBe('history rpc')
    expect(toHistory?.children.map(describePoint)).toEqual(['history db'])
    expect(describePoint(toOrders)).toBe('orders wsgi')
    expect(toOrders?.children.map(describePoint)).toEqual(Array(21).fill('orders db'))
    expect(report.points.flatMap(({ marks }) => marks)).toEqual([])
  })

  it('shows the bottlenecks: a slow query and a repeated query', () => {
    const { stdout } = demo.said
    const slow = report.points.find(({ name, service }) => name === 'db' && service === 'orders')

    expect(slow?.durationUs).toBeGreaterThan(20_000)
    expect(stdout).toMatch(/─ db SELECT \.\.\. FROM orders/)
    expect(stdout).toMatch(/─ 20 x db SELECT sku, quantity/)
    const words = stdout.slice(stdout.indexOf('What to look at')).replace(/\s+/g, ' ')
    expect(words).toMatch(
      /\d+ % of this request is "SELECT \.\.\. FROM orders WHERE json_extract.*" in orders, from examples\/demo\/src\/orders\.ts:\d+ \(\d/,
    )
    expect(words).toMatch(
      /\d+ % of this request is 20 x "SELECT sku, quantity FROM items .*" in orders, one after another/,
    )
  })

  it('names the line of the third bottleneck, a computation without points, with --why=cpu', () => {
    const computing = report.points.find(({ name }) => name === 'catalog')

    expect(computing?.durationUs).toBeGreaterThan(5_000)
    expect(computing?.children).toEqual([])
    expect(demo.said.stdout).toMatch(/^Why: .+ of catalog \(level cpu\)$/m)
    expect(demo.said.stdout).toMatch(/CPU in \w+ \(examples\/demo\/src\/catalog\.ts:\d+\)/)
  })

  it('records nothing about the unsigned request', () => {
    const said = demo.said.stdout.match(/\d+ records of one trace/g)

    expect(demo.said.stdout).toContain('The service answers it, too (200).')
    // The result of --why is one more point, which is not part of the tree.
    expect(said).toEqual(Array(2).fill(`${2 * (report.points.length + 1)} records of one trace`))
  })

  it('writes the trace to a file that git ignores', () => {
    expect(demo.said.stdout).toContain(TRACE)
    expect(statSync(TRACE).mtimeMs).toBeGreaterThan(began)
    expect(execFileSync('git', ['check-ignore', TRACE], { encoding: 'utf8' })).toContain('demo.json')
  })

  it('leaves no processes or files behind', async () => {
    expect(await hasEnded(demo)).toBe(true)
    expect(readdirSync(directory).filter(name => name.startsWith('osprofiler'))).toEqual([])
  })
})

describe('a demo that ends early', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('stops its processes on %s', async signal => {
    const demo = startDemo()
    await waitForOutput(demo, '3. ')

    demo.child.kill(signal)

    expect(await demo.ended).toBe(signal === 'SIGINT' ? 130 : 143)
    expect(await hasEnded(demo)).toBe(true)
    expect(readdirSync(directory).filter(name => name.startsWith('osprofiler'))).toEqual([])
  })

  it('reports that a service died, and stops the other services', async () => {
    const demo = startDemo()
    await waitForOutput(demo, 'catalog  Koa')

    process.kill(findProcess('gateway.js', demo.child.pid))

    expect(await demo.ended).toBe(1)
    expect(demo.said.stderr).toContain('The demo failed: osprofiler run ended with code 1.')
    expect(await hasEnded(demo)).toBe(true)
  })
})

/** Starts the demo in a new process group, so that the test can find processes that the demo leaves behind. */
function startDemo(): Demo {
  const env = { ...process.env, TMPDIR: directory, LC_ALL: 'C.UTF-8', FORCE_COLOR: '0', COLUMNS: '100' }
  const child = spawn(process.execPath, [START], { detached: true, env })
  const said = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', text => {
    said.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    said.stderr += text
  })
  return { child, said, ended: new Promise(resolve => child.once('close', resolve)) }
}

async function waitForOutput(demo: Demo, text: string): Promise<void> {
  let isOver = false
  void demo.ended.then(() => {
    isOver = true
  })
  while (!demo.said.stdout.includes(text)) {
    if (isOver) throw new Error(`The demo ended: ${demo.said.stdout}${demo.said.stderr}`)
    await delay(10)
  }
}

/**
 * Returns whether the demo's process group is empty. A process that has ended stays in its group until its parent waits
 * for it.
 */
async function hasEnded({ child }: Demo): Promise<boolean> {
  for (const deadline = performance.now() + 20_000; performance.now() < deadline; ) {
    try {
      process.kill(-(child.pid ?? 0), 0)
    } catch {
      return true
    }
    await delay(20)
  }
  return false
}

function findProcess(file: string, parent: number | undefined): number {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n')
  const fields = lines.map(line => line.trim().split(/\s+/))
  const found = fields.find(([, ppid, ...args]) => Number(ppid) === parent && args.join(' ').endsWith(file))
  return Number(found?.[0])
}

/** Returns the points of the services that a point called, sorted by service name. */
function listCallees(node: ReportNode | undefined): ReportNode[] {
  const served = node?.children.flatMap(({ children }) => children) ?? []
  return served.toSorted((one, other) => ((one.service ?? '') < (other.service ?? '') ? -1 : 1))
}

function describePoint(node: ReportNode | undefined): string {
  return `${node?.service} ${node?.name}`
}
