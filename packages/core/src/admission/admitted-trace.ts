import type { VerifiedTrace } from '../keys/signed-headers.js'
import { type KnownTrace, rememberTrace } from '../points/known-traces.js'
import { LocalTrace } from '../points/local-trace.js'
import type { TicketGrant } from '../tickets/ticket-verifier.js'

/** A trace that a trace gate has admitted. This object does not expose the key that signed the request. */
export class AdmittedTrace {
  readonly baseId: string
  readonly #verified: VerifiedTrace
  readonly #known: KnownTrace | undefined
  readonly #grant: TicketGrant | undefined

  /**
   * @param known what this process has already recorded of this trace
   * @param grant what the request's ticket grants
   */
  constructor(verified: VerifiedTrace, known: KnownTrace | undefined, grant?: TicketGrant) {
    this.baseId = verified.baseId
    this.#verified = verified
    this.#known = known
    this.#grant = grant
  }

  /**
   * Opens the trace. Must only be called for a request that will be served, because the process remembers an opened
   * trace and exempts it from the rate limit.
   */
  open(maxPoints: number): LocalTrace {
    const { key, baseId, parentId } = this.#verified
    return new LocalTrace(key, baseId, parentId, rememberTrace(baseId, this.#known), maxPoints, this.#grant)
  }
}
