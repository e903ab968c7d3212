import { useEffect } from 'preact/hooks'
import { panRange, type Range, zoomRange } from './time-range.js'

/** Calls the callback on each wheel event. The callback may keep the page from scrolling. */
export function useWheel(
  box: { readonly current: HTMLElement | null },
  onTurn: (event: WheelEvent, element: HTMLElement) => void,
  inputs: readonly unknown[],
): void {
  useEffect(() => {
    const element = box.current
    if (element === null) return undefined
    const onWheel = (event: WheelEvent): void => onTurn(event, element)
    element.addEventListener('wheel', onWheel, { passive: false })
    return () => element.removeEventListener('wheel', onWheel)
  }, inputs)
}

/** Zooms, or pans if the wheel is turned sideways or with Shift. Browsers report a pinch as a wheel event with Ctrl. */
export function zoomOrPanRange(event: WheelEvent, range: Range, aroundUs: number, durationUs: number): Range {
  const sideways = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX
  if (!event.ctrlKey && Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
    return panRange(range, sideways / 1000, durationUs)
  }
  const strength = event.ctrlKey && Math.abs(event.deltaY) < 50 ? 0.01 : 0.002
  return zoomRange(range, Math.exp(event.deltaY * strength), aroundUs, durationUs)
}
