import type { ComponentChildren } from 'preact'

interface SwitchProps {
  readonly isOn: boolean
  readonly change: (isOn: boolean) => void
  readonly title?: string
  readonly children: ComponentChildren
}

/** Shows a labeled checkbox for a setting that is on or off. */
export function Switch({ isOn, change, title, children }: SwitchProps) {
  return (
    <label class="switch" title={title}>
      <input type="checkbox" checked={isOn} onChange={event => change(event.currentTarget.checked)} />
      {children}
    </label>
  )
}
