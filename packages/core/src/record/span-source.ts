/** A point from which a span is created. The values from its records are unchecked. */
export interface SpanSource {
  readonly baseId: string
  readonly traceId: string
  /** The parent as recorded: the enclosing point, perhaps in another program, or the `baseId`. */
  readonly parentId: string | undefined
  readonly isTop: boolean
  /** The point's name, without `-start` and `-stop`. */
  readonly name: string
  /** The infos of the start record and the stop record, or `undefined` for a missing record. */
  readonly startInfo: unknown
  readonly stopInfo: unknown
  readonly hasLocalParent: boolean
  /** Microseconds since 1970. */
  readonly startedAt: number
  readonly endedAt: number
  /** Anomalies of the point, in any order. */
  readonly marks: readonly string[]
  /** Whether a span with this id was already sent, without one of the point's records. */
  readonly isUpdate?: boolean | undefined
}
