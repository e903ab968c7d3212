import { type Driver, suppress, type TraceRecord, type WriteResult } from '@osprofiler/core'
import {
  beginExit,
  clearTimeout,
  exitTimeLeft,
  holdProcess,
  process,
  setImmediate,
  setTimeout,
  URL,
} from '@osprofiler/core/toolkit'
import { createLifetime } from '../lifetime/driver-lifetime.js'
import { createOneAtATime } from '../lifetime/one-at-a-time.js'
import { findClient } from '../opening/client-package.js'
import type { OpenContext } from '../opening/open-context.js'
import { redactPath } from '../opening/redact-path.js'
import { createOpenPoints, type OtlpPlan } from './points/open-points.js'
import { createSpanMaker } from './points/span.js'
import { createDeliver } from './sending/deliver.js'
import { createRecordFates } from './sending/record-fates.js'
import { createOtlpSender } from './sending/sender.js'
import { readOtlpSettings } from './settings/settings.js'

/** Points in one request, of those that are given up. */
const BATCH = 500

/**
 * Sends points to an OpenTelemetry collector as spans, by OTLP over HTTP. Write only.
 *
 * A span is sent when its stop comes; until then its start waits here, in memory that is bounded, and counts as
 * written. What has not stopped is sent marked `osprofiler.unfinished`: some seconds after all above it has stopped,
 * where more points are open than there is room for, and at the end.
 */
export function openOtlpDriver(location: string, context: OpenContext): Driver {
  const settings = readOtlpSettings(location, context)
  const format = settings.protocol === 'http/json' ? 'http' : 'proto'
  findClient(`@opentelemetry/exporter-trace-otlp-${format}`, context)
  const open = createOpenPoints(settings.lingerMs)
  const lifetime = createLifetime()
  const sender = createOtlpSender(settings, lifetime.lookup)
  const deliver = createDeliver(sender, settings.protocol, createSpanMaker(settings.resource))
  const fates = createRecordFates()
  const oneAtATime = createOneAtATime()
  let isClosing = false
  let lingering: NodeJS.Timeout | undefined
  let writes = 0
  let noticedWrites = -1

  /** Sends what is given up, until there is no more of it. */
  async function giveUp(next: () => OtlpPlan): Promise<void> {
    for (let plan = next(); plan.points.length > 0; plan = next()) {
      await deliver(plan.points, (point, fate) => point.done(fate === 'sent'))
    }
  }

  async function write(records: readonly TraceRecord[]): Promise<WriteResult> {
    try {
      await giveUp(() => open.planOldest(open.isFull ? BATCH : 0))
      const fresh = records.filter(record => fates.of(record) === undefined)
      const plan = open.plan(fresh)
      // Starts alone are held: they count as written only where the collector takes what is to come of them.
      if (plan.points.length === 0 && plan.refused < fresh.length) await sender.check()
      await deliver(plan.points, (point, fate) => {
        point.done(fate === 'sent')
        for (const record of point.given) fates.set(record, fate)
      })
      for (const record of plan.hold()) fates.set(record, 'sent')
      return fates.tell(records, plan.refused)
    } finally {
      watchOpenPoints()
    }
  }

  /** Looks after what is open: some time later, and at the process's natural end. */
  function watchOpenPoints(): void {
    process.off('beforeExit', endNaturally)
    if (open.size === 0 || isClosing) return
    process.on('beforeExit', endNaturally)
    lingering ??= setTimeout(() => {
      lingering = undefined
      void oneAtATime(() => giveUp(() => open.planOverdue(BATCH)))
        .catch(() => undefined)
        .finally(watchOpenPoints)
    }, settings.lingerMs).unref()
  }

  /** The notifier delivers what it has at that moment, too: only when no more comes is a point known not to stop. */
  function endNaturally(): void {
    if (beginExit() === 0) return
    if (noticedWrites === writes) return void suppress(endAll)
    noticedWrites = writes
    setImmediate(() => undefined)
  }

  /** Sends all that is open. */
  async function endAll(): Promise<void> {
    process.off('beforeExit', endNaturally)
    const release = holdProcess(exitTimeLeft())
    await oneAtATime(() => giveUp(() => open.planOldest(BATCH))).catch(() => undefined)
    release()
    process.off('beforeExit', endNaturally)
  }

  return {
    name: context.scheme,
    location: redactPath(new URL(settings.url).host),
    async write(records) {
      lifetime.checkOpen()
      writes++
      return await lifetime.trackWrite(oneAtATime(() => write(records)))
    },
    async check() {
      lifetime.checkOpen()
      await lifetime.trackWrite(oneAtATime(sender.confirm))
      return true
    },
    close(timeout) {
      isClosing = true
      return lifetime.close(timeout, {
        settle: () => suppress(endAll),
        leave: sender.leave,
        cut() {
          clearTimeout(lingering)
          sender.cut()
        },
      })
    },
  }
}
