import { it } from 'vitest'
import { endAllBesideHang, expectAllEndInTime } from './end-beside-hang.js'

/** A server that can be made to hang. */
export interface HangingServer {
  /** The store's connection string. */
  url(): string
  /** Functions that make the server hang, each in a different way. */
  readonly hangs: Readonly<Record<string, () => Promise<unknown>>>
  /** Makes the server answer again. */
  heal(): Promise<unknown>
}

/**
 * Declares a test for each way in which the store may hang after it has accepted records. Each test runs one program
 * for each entry of WAYS_TO_END, and expects all programs to end in time.
 */
export function describeHungServer(name: string, hangs: readonly string[], get: () => HangingServer): void {
  it.each(hangs)(`a program ends in time even if the server of ${name} hangs (%s)`, async hang => {
    const { url, hangs, heal } = get()

    const ends = await endAllBesideHang(url(), async () => await hangs[hang]?.())
    await heal()

    expectAllEndInTime(ends, `${name}, ${hang}`)
  })
}
