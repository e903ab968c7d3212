import { Math, performance, roundMs } from '@osprofiler/core/toolkit'

/**
 * Begins to measure how long the event loop is busy, and so cannot receive anything. The returned function returns the
 * time since then, in milliseconds with three decimals. Before the event loop starts, that time is 0.
 */
export function measureBusyTime(): () => number {
  const before = performance.eventLoopUtilization()
  return () => roundMs(Math.max(0, performance.eventLoopUtilization(before).active))
}
