import { expect } from 'vitest'
import { finish, printed, startFixture } from './child.js'

/** How a program ends whose store hangs: see the fixture. */
export const WAYS_TO_END = ['closes', 'end', 'ends later'] as const
export type WayToEnd = (typeof WAYS_TO_END)[number]

/** How a program ended whose store hung. */
export interface HungEnd {
  readonly code: number | null
  readonly stderr: string
  /** How long `close()` took where it was called, in milliseconds. */
  readonly closeMs?: number
  /** How long the program lived on. */
  readonly endMs: number
  /** How long the event loop stood still at most: no timer can keep a promise meanwhile. */
  readonly stillMs: number
  /** What the write ended in that was under way at `close()`. */
  readonly error?: { readonly code: string; readonly message: string }
}

/** Five seconds are promised; the rest is for a busy machine. */
const LONGEST_MS = 5_500
const AT_ONCE_MS = 500

/** Runs a program beside a store that never answers or, with `hang`, stops answering when that is called. */
export async function endBesideHang(
  connectionString: string,
  how: WayToEnd,
  hang?: () => Promise<unknown> | undefined,
): Promise<HungEnd> {
  const child = startFixture('end-beside-hang.mjs', [connectionString, hang === undefined ? 'at once' : 'after', how])
  if (hang !== undefined) {
    await printed(child, 'written')
    await hang()
    child.stdin.write('now\n')
  }
  const { code, stdout, stderr } = await finish(child)
  return { code, stderr, ...JSON.parse(stdout) }
}

/** Expects a program to have been held up for no longer than is promised, and to have been warned once at most. */
export function expectEndInTime(end: HungEnd, store: string): void {
  const { code, stderr, closeMs = 0, endMs, stillMs, error } = end
  expect(code, `${store} ${stderr}`).toBe(0)
  expect(closeMs, store).toBeLessThan(LONGEST_MS + stillMs)
  expect(endMs, store).toBeLessThan((closeMs > 0 ? AT_ONCE_MS : LONGEST_MS) + stillMs)
  expect(stderr.match(/Warning: /g)?.length ?? 0, stderr).toBeLessThanOrEqual(1)
  expect(`${stderr} ${error?.message}`, store).not.toMatch(/s3cret/)
  if (error !== undefined) expect(error.code, store).toMatch(/^ERR_(?:STORE|WRITE_UNCERTAIN)$/)
}
