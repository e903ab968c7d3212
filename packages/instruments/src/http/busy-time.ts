import { Math, performance, roundMs } from '@osprofiler/core/toolkit'

/**
 * Begins to measure how long the event loop is busy. A busy event loop cannot receive data. The returned function
 * returns the busy time since this call, in milliseconds with three decimals. Before the event loop starts, the busy
 * time is 0.
 */
export function measureBusyTime(): () => number {
  const before = performance.eventLoopUtilization()
  return () => roundMs(Math.max(0, performance.eventLoopUtilization(before).active))
}
