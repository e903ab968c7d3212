import type { Point } from '@osprofiler/core'
import { Array, Map, WeakMap } from '@osprofiler/core/toolkit'
import { endStep } from '../points/end-step.js'
import type { Around } from '../wrapping/wrap-method.js'

/** Fields in which a confirm channel counts its messages. */
interface ConfirmCounters {
  /** The tag of the oldest unconfirmed message. */
  readonly lwm?: unknown
  readonly unconfirmed?: unknown
}

/** A confirmation of one message or, with `multiple`, of all messages up to that one. */
interface Confirmation {
  readonly deliveryTag: number
  readonly multiple?: boolean
}

/** Calls a callback with `null` or an error, as the library does. */
type CallWithOutcome = (callback: (error: unknown) => void) => void

const unconfirmedPoints = new WeakMap<object, Map<number, Point>>()

/**
 * Ends the point of a channel's next message when the broker confirms the message. Used if the program passes no
 * callback. If this code passed a callback instead, the library would report a lost message as confirmed.
 */
export function endWhenConfirmed(channel: object, point: Point): void {
  const { lwm, unconfirmed } = channel as ConfirmCounters
  if (typeof lwm !== 'number' || !Array.isArray(unconfirmed)) return point.stop()
  const points = unconfirmedPoints.get(channel) ?? new Map<number, Point>()
  unconfirmedPoints.set(channel, points.set(lwm + unconfirmed.length, point))
}

/** Wraps the method in which a channel handles the broker's confirmations and refusals. */
export const aroundConfirmation: Around = (proceed, self, args) => {
  const [callWithOutcome, confirmation] = args as [CallWithOutcome, Confirmation]
  const points = unconfirmedPoints.get(self as object)
  if (points !== undefined) callWithOutcome(error => endConfirmed(points, confirmation, error))
  return proceed(args)
}

function endConfirmed(points: Map<number, Point>, { deliveryTag, multiple }: Confirmation, error: unknown): void {
  for (const [tag, point] of points) {
    if (tag !== deliveryTag && !(multiple && tag < deliveryTag)) continue
    points.delete(tag)
    endStep(point, error)
  }
}
