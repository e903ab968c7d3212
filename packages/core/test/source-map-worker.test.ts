import { afterEach, describe, expect, it, vi } from 'vitest'
import { parseInWorker, type WorkerMap } from '../src/call-sites/source-map-worker.js'

const TIMEOUT_MS = 60_000
/** A source map that maps the first line of the generated code to line 8 of the source. */
const MAP = { version: 3, sources: ['orders.ts'], names: [], mappings: 'AAOA' }
/** This value cannot be compared with a number, so the worker fails. */
const FATAL = { toString: 1, valueOf: 1 } as unknown as number

const open: WorkerMap[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  await endAll()
})

async function parse(map: object = MAP): Promise<WorkerMap> {
  const parsed = await parseInWorker(JSON.stringify(map), TIMEOUT_MS)
  open.push(parsed)
  return parsed
}

function end(map: WorkerMap): Promise<unknown> {
  return map.findEntry(FATAL, 0)
}

async function endAll(): Promise<void> {
  await Promise.all(open.splice(0).map(end))
}

const position = { originalSource: 'orders.ts', originalLine: 7, originalColumn: 0 }

describe('a source map in a worker', () => {
  it('finds the position in the source', async () => {
    const map = await parse()

    expect(await map.findEntry(0, 0)).toMatchObject(position)
  })

  it('gives each question its own answer', async () => {
    const map = await parse({ ...MAP, mappings: 'AAOA;AACA;AACA' })

    const entries = await Promise.all([0, 1, 2].map(line => map.findEntry(line, 0)))

    expect(entries.map(({ originalLine }) => originalLine)).toEqual([7, 8, 9])
  })

  it('answers questions one after another', async () => {
    const map = await parse()
    await map.findEntry(0, 0)

    expect(await map.findEntry(0, 0)).toMatchObject(position)
  })

  it('finds nothing for a position before the first mapping', async () => {
    const map = await parse({ ...MAP, mappings: ';;AAOA' })

    expect(await map.findEntry(0, 0)).toEqual({})
  })

  it.each([
    ['missing', undefined],
    ['a text', '/srv/shop'],
    ['of a wrong type', 7],
  ])('has the source root of the text, which may be %s', async (_, sourceRoot) => {
    const map = await parse({ ...MAP, sourceRoot })

    expect(map.sourceRoot).toBe(sourceRoot)
  })

  it('finds nothing for open and later questions once the worker has failed', async () => {
    const map = await parse()

    const entries = await Promise.all([map.findEntry(FATAL, 0), map.findEntry(0, 0)])
    const later = await map.findEntry(0, 0)

    expect([...entries, later]).toEqual([{}, {}, {}])
  })
})

describe('parseInWorker()', () => {
  it.each([
    ['is empty', ''],
    ['is not JSON', '<!DOCTYPE html>'],
    ['is null', 'null'],
    ['has no sources', '{"version":3,"mappings":"AAOA"}'],
  ])('rejects if the text %s', async (_, text) => {
    await expect(parseInWorker(text, TIMEOUT_MS)).rejects.toThrow('The worker has ended')
  })

  it('rejects if the worker takes too long', async () => {
    await expect(parseInWorker(JSON.stringify(MAP), 1)).rejects.toThrow('The worker has ended')
  })

  it('does not give the worker the environment variables of the application', async () => {
    vi.stubEnv('NODE_OPTIONS', '--require=/nothing.cjs')

    const map = await parse()

    expect(await map.findEntry(0, 0)).toMatchObject(position)
  })

  it('keeps a worker whose answers overlap for longer than the time limit', async () => {
    const limitMs = 2_000
    const map = await parseInWorker(JSON.stringify(MAP), limitMs)
    open.push(map)
    const end = performance.now() + 1.2 * limitMs

    let earlier = map.findEntry(0, 0)
    while (performance.now() < end) {
      const later = map.findEntry(0, 0)
      await earlier
      earlier = later
    }

    expect(await earlier).toMatchObject(position)
  })

  it('starts at most 4 workers, and another one after a worker has ended', async () => {
    // Workers of earlier tests may still be ending.
    await expect.poll(() => Promise.all([parse(), parse(), parse(), parse()]).catch(() => endAll())).toHaveLength(4)

    const fifth = parse()

    await expect(fifth).rejects.toThrow('There are too many large source maps')
    await end(open[0] as WorkerMap)
    await expect.poll(() => parse().catch(() => undefined)).toBeDefined()
  })
})
