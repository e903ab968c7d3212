import type { VerifiedTrace } from '../keys/signed-headers.js'
import { type KnownTrace, rememberTrace } from '../points/known-traces.js'
import { LocalTrace } from '../points/local-trace.js'

/** A trace that may be taken up here. It shows nothing of the key that it was signed with. */
export class AdmittedTrace {
  readonly baseId: string
  readonly #verified: VerifiedTrace
  readonly #found: KnownTrace | undefined

  /** `found` is what this process has recorded of the trace before. */
  constructor(verified: VerifiedTrace, found: KnownTrace | undefined) {
    this.baseId = verified.baseId
    this.#verified = verified
    this.#found = found
  }

  /** Takes the trace up. Not before the request is sure to be served: the trace is known from now on. */
  open(maxPoints: number): LocalTrace {
    const { key, baseId, parentId } = this.#verified
    return new LocalTrace(key, baseId, parentId, rememberTrace(baseId, this.#found), maxPoints)
  }
}
