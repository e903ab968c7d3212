import { expect } from 'vitest'
import { finish, type OnTestFinished, printed, startFixture } from './child.js'

/** How a program ends whose stores hang: see the fixture. */
export const WAYS_TO_END = ['closes', 'end', 'ends later'] as const
export type WayToEnd = (typeof WAYS_TO_END)[number]

/** How a program ended whose stores hung. */
export interface HungEnd {
  readonly code: number | null
  readonly stderr: string
  /** How long `close()` of all took where it was called, in milliseconds. */
  readonly closeMs?: number
  /** How long the program lived on. */
  readonly endMs: number
  /** How long the event loop stood still at most: no timer can keep a promise meanwhile. */
  readonly stillMs: number
  /** What the writes ended in that were under way at `close()`. */
  readonly errors?: readonly { readonly code: string; readonly message: string }[]
}

/** Five seconds are promised; the rest is for a busy machine. */
const LONGEST_MS = 5_500
const AT_ONCE_MS = 500

/**
 * Runs a program beside stores that never answer or, with `hang`, stop answering when that is called. A test that runs
 * beside others gives its own hook.
 */
export async function endBesideHang(
  stores: readonly string[],
  how: WayToEnd,
  { hang, onFinished }: { hang?: () => Promise<unknown>; onFinished?: OnTestFinished } = {},
): Promise<HungEnd> {
  const args = [stores.join('\n'), hang === undefined ? 'at once' : 'after', how]
  const child = startFixture('end-beside-hang.mjs', args, onFinished === undefined ? {} : { onFinished })
  if (hang !== undefined) {
    await printed(child, 'written')
    await hang()
    child.stdin.write('now\n')
  }
  const { code, stdout, stderr } = await finish(child)
  return { code, stderr, ...JSON.parse(stdout) }
}

/** Expects a program to have been held up for no longer than is promised, and to have been warned of each store once at most. */
export function expectEndInTime(end: HungEnd, store: string, stores = 1): void {
  const { code, stderr, closeMs = 0, endMs, stillMs, errors = [] } = end
  expect(code, `${store} ${stderr}`).toBe(0)
  expect(closeMs, store).toBeLessThan(LONGEST_MS + stillMs)
  expect(endMs, store).toBeLessThan((closeMs > 0 ? AT_ONCE_MS : LONGEST_MS) + stillMs)
  expect(stderr.match(/Warning: /g)?.length ?? 0, stderr).toBeLessThanOrEqual(stores)
  expect(`${stderr} ${errors.map(({ message }) => message)}`, store).not.toMatch(/s3cret/)
  for (const error of errors) expect(error.code, store).toMatch(/^ERR_(?:STORE|WRITE_UNCERTAIN)$/)
}

/** Runs a program for each way to end, side by side, beside a store that stops answering once all have written. */
export async function endAllBesideHang(store: string, hang: () => Promise<unknown>): Promise<HungEnd[]> {
  const hangForAll = meeting(WAYS_TO_END.length, hang)
  return await Promise.all(WAYS_TO_END.map(how => endBesideHang([store], how, { hang: hangForAll })))
}

/** Expects each of these programs to have ended in time. */
export function expectAllEndInTime(ends: readonly HungEnd[], store: string): void {
  for (const [index, end] of ends.entries()) expectEndInTime(end, `${store}, a program that ${WAYS_TO_END[index]}`)
}

/** A function that does its work once so many have called it. All of them wait until the work is done. */
function meeting(size: number, work: () => Promise<unknown>): () => Promise<unknown> {
  let come = 0
  let begin: () => void = () => undefined
  const done = new Promise<void>(resolve => {
    begin = resolve
  }).then(work)
  return () => {
    come++
    if (come === size) begin()
    return done
  }
}
