import { finish, printed, startFixture } from './child.js'

/** How a program ended whose store hung. */
export interface HungEnd {
  readonly code: number | null
  /** For how long the store held up the end, in milliseconds. */
  readonly ms: number
}

/** Five seconds are promised; the rest is for a busy machine, on which to load a client takes its time. */
export const LONGEST_END_MS = 25_000
/** Ten seconds more are promised at most for what was under way when the store began to hang. */
export const LONGEST_END_OF_WORK_MS = LONGEST_END_MS + 10_000

/** Runs a program beside a store that never answers or, with `hang`, stops answering when that is called. */
export async function endBesideHang(connectionString: string, hang?: () => void): Promise<HungEnd> {
  const child = startFixture('end-beside-hang.mjs', [connectionString, hang === undefined ? 'at once' : 'after'])
  if (hang !== undefined) {
    await printed(child, 'written')
    hang()
    child.stdin.write('now\n')
  }
  const { code, stdout } = await finish(child)
  return { code, ms: Number(stdout || Number.NaN) }
}
