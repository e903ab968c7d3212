import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fetchOnce, findCacheFolder, isFetched } from './servers/fetch-once.js'

let cache: string

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'osprofiler-cache-'))
  vi.stubEnv('OSPROFILER_TEST_CACHE', cache)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(cache, { recursive: true, force: true })
})

describe('a download for tests', () => {
  it('happens once, and later runs do not use the network', async () => {
    const folder = await fetchOnce({ name: 'jar', key: ['1'], fill: writeJar })

    const again = await fetchOnce({ name: 'jar', key: ['1'], fill: throwNetworkError })

    expect(again).toBe(folder)
    expect(readFileSync(join(folder, 'jar'), 'utf8')).toBe('whole')
    expect(isFetched({ name: 'jar', key: ['1'] })).toBe(true)
  })

  it('happens again if a version in its key changes, and keeps the old copy', async () => {
    const old = await fetchOnce({ name: 'jar', key: ['1', 'pom'], fill: writeJar })

    const folder = await fetchOnce({ name: 'jar', key: ['2', 'pom'], fill: writeJar })

    expect(folder).not.toBe(old)
    expect(existsSync(old)).toBe(true)
  })

  it('leaves nothing behind if it is interrupted, and is complete the next time', async () => {
    const broken = fetchOnce({
      name: 'jar',
      key: [],
      async fill(folder) {
        writeFileSync(join(folder, 'jar'), 'ha')
        throw new Error('The connection broke')
      },
    })

    await expect(broken).rejects.toThrow('The connection broke')
    expect(readdirSync(cache)).toEqual([])
    expect(isFetched({ name: 'jar', key: [] })).toBe(false)
    const folder = await fetchOnce({ name: 'jar', key: [], fill: writeJar })
    expect(readFileSync(join(folder, 'jar'), 'utf8')).toBe('whole')
  })

  it('is complete after a process was killed during an earlier try', async () => {
    const child = fetchSlowly(600_000)
    await vi.waitFor(() => expect(readdirSync(cache)).toHaveLength(2), { timeout: 30_000 })
    child.kill('SIGKILL')
    await once(child, 'close')

    const folder = await fetchOnce({ name: 'slow', key: [], fill: writeJar })

    expect(readFileSync(join(folder, 'jar'), 'utf8')).toBe('whole')
    expect(readdirSync(cache)).toHaveLength(1)
  })

  it('happens in only one of several concurrent processes, and all of them get the files', async () => {
    const children = Array.from({ length: 5 }, () => fetchSlowly(500))

    const outputs = await Promise.all(children.map(readOutput))

    const folders = new Set(outputs.map(output => output.split('\n').find(line => line.startsWith(cache))))
    expect(folders.size).toBe(1)
    expect(outputs.filter(output => output.includes('filled'))).toHaveLength(1)
    expect(readdirSync(cache)).toHaveLength(1)
  })

  it('stays complete if another process without the lock finishes first', async () => {
    const folder = await fetchOnce({
      name: 'jar',
      key: [],
      async fill(part) {
        rmSync(`${part.replace(/\.part\..*/, '')}.lock`)
        await fetchOnce({ name: 'jar', key: [], fill: writeJar })
        writeFileSync(join(part, 'jar'), 'late')
      },
    })

    expect(readFileSync(join(folder, 'jar'), 'utf8')).toBe('whole')
    expect(readdirSync(cache)).toHaveLength(1)
  })

  it("is kept in OSPROFILER_TEST_CACHE, or else in the user's cache folder", () => {
    const given = findCacheFolder()
    vi.stubEnv('OSPROFILER_TEST_CACHE', undefined)
    vi.stubEnv('XDG_CACHE_HOME', '/var/caches')
    const ofSystem = findCacheFolder()
    vi.stubEnv('XDG_CACHE_HOME', undefined)
    vi.stubEnv('HOME', '/home/ada')

    expect([given, ofSystem, findCacheFolder()]).toEqual([
      cache,
      '/var/caches/osprofiler-test',
      '/home/ada/.cache/osprofiler-test',
    ])
  })
})

async function writeJar(folder: string): Promise<void> {
  writeFileSync(join(folder, 'jar'), 'whole')
}

async function throwNetworkError(): Promise<void> {
  throw new Error('There is no network')
}

/**
 * Starts a process that fetches slowly. The process prints "filled" if it downloaded the files itself, and then prints
 * the folder.
 */
function fetchSlowly(milliseconds: number) {
  const program = `
    const { fetchOnce } = await import(${JSON.stringify(new URL('servers/dist/fetch-once.js', import.meta.url).href)})
    const { setTimeout } = await import('node:timers/promises')
    const fill = async () => { await setTimeout(${milliseconds}); console.log('filled') }
    console.log(await fetchOnce({ name: 'slow', key: [], fill }))`
  return spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] })
}

async function readOutput(child: ReturnType<typeof fetchSlowly>): Promise<string> {
  let output = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    output += text
  })
  await once(child, 'close')
  return output
}
