import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { makeDirectory, osprofiler } from './cli-process.js'

const START = fileURLToPath(new URL('../examples/demo/dist/start.js', import.meta.url))
const TRACE = fileURLToPath(new URL('../traces/demo.json', import.meta.url))

describe("the demo's trace", () => {
  beforeAll(() => {
    const { PATH, HOME } = process.env
    execFileSync(process.execPath, [START], { env: { PATH, HOME }, stdio: 'ignore' })
  })

  it.each(['--json', '--html', '--export perfetto', '--export speedscope', '--export otlp'])(
    'is unchanged after it is written with %s and read back',
    async option => {
      const directory = makeDirectory()
      copyFileSync(TRACE, join(directory, 'demo.json'))
      const show = (...args: string[]) => osprofiler(['trace', 'show', ...args], { cwd: directory })

      const written = await show('demo.json', ...option.split(' '), '--out', 'written')
      const [first, again] = await Promise.all([show('demo.json', '--json'), show('written', '--json')])

      expect(written).toEqual({ code: 0, stdout: '', stderr: '' })
      expect(again).toEqual(first)
    },
  )

  it('is drawn as a tree of three services, as a graph, and as an image', async () => {
    const directory = makeDirectory()
    copyFileSync(TRACE, join(directory, 'demo.json'))

    const [tree, graph] = await Promise.all([
      osprofiler(['trace', 'show', 'demo.json', '--service', 'orders'], { cwd: directory }),
      osprofiler(['trace', 'show', 'demo.json', '--dot', '--render-dot', 'demo.svg'], { cwd: directory }),
    ])

    const points = graph.stdout.match(/\[label=/g)?.length ?? 0
    expect(tree.stdout).toMatch(/20 x db SELECT sku/)
    expect(points).toBeGreaterThan(20)
    expect(readFileSync(join(directory, 'demo.svg'), 'utf8').match(/class="node"/g)).toHaveLength(points)
  })
})
