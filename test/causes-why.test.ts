import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BUSY, compilePrograms, findBlame, insertLines, type Programs } from './causes/start-programs.js'

let programs: Programs
beforeAll(async () => {
  programs = await compilePrograms()
})
afterAll(() => programs.stop())

/**
 * Returns the findings for a request with `--why=cpu`. Each request gets a new process, because a process creates an
 * account of level `cpu` at most every ten seconds.
 */
async function askWhy(path: string): Promise<readonly string[]> {
  const url = await programs.start('pricing', { OSPROFILER_WHY: 'cpu' })
  // The first request of a process is always slow. So this request is sent first, without an account.
  await (await fetch(`${url}/healthy`)).text()
  const { sentences } = await programs.ask(`${url}${path}`, '--why=cpu')
  return sentences
}

/** An account divides the time of a request among causes: code, waits and garbage collection (docs/why.md). */
describe('with an account of a request, the first finding', BUSY, () => {
  it.each([
    ['a computation', '/computes', 'N % of this request is CPU in sumPrices ({computes}) in pricing (T)'],
    [
      'a synchronous call',
      '/blocks',
      'N % of this request is synchronous execSync, called by loadRates ({blocks}) in pricing (T)',
    ],
    [
      'a full thread pool',
      '/pool',
      'N % of this request waited for a thread of the pool, all busy with 4 x crypto, asked for by checkSignature ({pool}) in pricing (T)',
    ],
    [
      'a promise that other work settles',
      '/lock',
      'N % of this request waited for a promise that other work settles, asked for at {lock} in pricing (T)',
    ],
    ['a timer', '/timer', 'N % of this request waited for a timer, asked for by politeRetry ({timer}) in pricing (T)'],
  ])('names the cause: %s', async (_, path, sentence) => {
    expect((await askWhy(path))[0]).toBe(insertLines(sentence))
  })

  it('names the cause: other requests that block the event loop', async () => {
    expect((await askWhy('/held'))[0]).toMatch(
      /^N % of this request waited while others held the event loop in pricing: \S+ \(test\/causes\/programs\/pricing\.ts:\d+\) \(T\)$/,
    )
  })

  it('names the cause: garbage collection', async () => {
    const sentences = await askWhy('/garbage')

    expect(sentences[0]).toMatch(/^N % of this request is (?:CPU|garbage collection, mostly) in makeGarbage /)
    expect(sentences.join()).toContain('garbage collection, mostly in makeGarbage')
  })

  it('names only the critical path for a healthy request', async () => {
    const url = await programs.start('pricing', { OSPROFILER_WHY: 'waits' })
    await (await fetch(`${url}/healthy`)).text()

    expect(findBlame(await programs.ask(`${url}/healthy`))).toEqual([])
  })
})
