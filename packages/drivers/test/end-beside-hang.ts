import { expect } from 'vitest'
import { finish, type OnTestFinished, printed, startFixture } from './child.js'

/** The ways in which a program with hanging stores may end. The fixture end-beside-hang.mjs describes each way. */
export const WAYS_TO_END = ['closes', 'end', 'ends later'] as const
export type WayToEnd = (typeof WAYS_TO_END)[number]

/** How a program with hanging stores ended. */
export interface HungEnd {
  readonly code: number | null
  readonly stderr: string
  /** How long `close()` of all drivers took, in milliseconds, if the program called it. */
  readonly closeMs?: number
  /** How long the process kept running after its last statement, in milliseconds. */
  readonly endMs: number
  /** The longest time for which the event loop was blocked, in milliseconds. No timer can run during that time. */
  readonly stillMs: number
  /** The errors of the writes that were in progress when `close()` was called. */
  readonly errors?: readonly { readonly code: string; readonly message: string }[]
}

/** A program must end within five seconds. The additional half second is a margin for a busy machine. */
const LONGEST_MS = 5_500
const AT_ONCE_MS = 500

/**
 * Runs a program whose stores never answer. If `hang` is given, the stores answer the program's first write. Then this
 * function calls `hang`, which makes the stores stop answering. A concurrent test passes its own `onTestFinished` hook
 * as `onFinished`.
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

/** Expects a program to have ended in time, with at most one warning for each store. */
export function expectEndInTime(end: HungEnd, store: string, stores = 1): void {
  const { code, stderr, closeMs = 0, endMs, stillMs, errors = [] } = end
  expect(code, `${store} ${stderr}`).toBe(0)
  expect(closeMs, store).toBeLessThan(LONGEST_MS + stillMs)
  expect(endMs, store).toBeLessThan((closeMs > 0 ? AT_ONCE_MS : LONGEST_MS) + stillMs)
  expect(stderr.match(/Warning: /g)?.length ?? 0, stderr).toBeLessThanOrEqual(stores)
  expect(`${stderr} ${errors.map(({ message }) => message)}`, store).not.toMatch(/s3cret/)
  for (const error of errors) expect(error.code, store).toMatch(/^ERR_(?:STORE|WRITE_UNCERTAIN)$/)
}

/** Runs one program for each way to end, concurrently. The store stops answering once all programs have written. */
export async function endAllBesideHang(store: string, hang: () => Promise<unknown>): Promise<HungEnd[]> {
  const hangForAll = meeting(WAYS_TO_END.length, hang)
  return await Promise.all(WAYS_TO_END.map(how => endBesideHang([store], how, { hang: hangForAll })))
}

/** Expects all programs of `endAllBesideHang()` to have ended in time. */
export function expectAllEndInTime(ends: readonly HungEnd[], store: string): void {
  for (const [index, end] of ends.entries()) expectEndInTime(end, `${store}, a program that ${WAYS_TO_END[index]}`)
}

/**
 * Returns a function for `size` concurrent callers. When the last caller has called the function, `work` runs once. The
 * promises of all callers resolve when `work` is done.
 */
function meeting(size: number, work: () => Promise<unknown>): () => Promise<unknown> {
  let calls = 0
  let begin: () => void = () => undefined
  const done = new Promise<void>(resolve => {
    begin = resolve
  }).then(work)
  return () => {
    calls++
    if (calls === size) begin()
    return done
  }
}
