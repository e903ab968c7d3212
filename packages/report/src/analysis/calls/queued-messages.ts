import { type MessageStep, readMessageStep } from '@osprofiler/core/record'
import type { Report, ReportNode } from '../../tree/report.js'

/** A message that both its sender and its consumer recorded. */
export interface QueuedMessage {
  readonly sender: ReportNode
  readonly consumer: ReportNode
  /** Name of the queue, topic or exchange; empty if it is not recorded. */
  readonly queue: string
  /** The time from the end of sending to the start of consuming, in microseconds. */
  readonly waitedUs: number
}

/** Finds the messages that waited for their consumers. The messages with the longest waits come first. */
export function findQueuedMessages(report: Report): QueuedMessage[] {
  return report.points
    .filter(sender => sender.children.length > 0)
    .flatMap(sender => {
      const sent = readStep(sender)
      return sent?.type === 'send' || sent?.type === 'create' ? toQueuedMessages(sender, sent) : []
    })
    .sort((a, b) => b.waitedUs - a.waitedUs)
}

function toQueuedMessages(sender: ReportNode, sent: MessageStep): QueuedMessage[] {
  return sender.children.flatMap(consumer => {
    const consumed = readStep(consumer)
    const { startedUs, durationUs } = consumer
    if (consumed?.type !== 'process' || startedUs === undefined || durationUs === undefined) return []
    if (sender.startedUs === undefined) return []
    // A sender that waits for the broker's confirmation may not have ended when the message is consumed. In this case,
    // the wait is measured from the sender's start.
    const sentUs =
      sender.finishedUs !== undefined && sender.finishedUs < startedUs ? sender.finishedUs : sender.startedUs
    const waitedUs = startedUs - sentUs
    return waitedUs > 0 ? [{ sender, consumer, queue: consumed.destination || sent.destination, waitedUs }] : []
  })
}

function readStep({ name, start, stop }: ReportNode): MessageStep | undefined {
  return readMessageStep({ name, startInfo: start?.info, stopInfo: stop?.info })
}
