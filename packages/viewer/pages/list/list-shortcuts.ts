import { useLayoutEffect } from 'preact/hooks'
import { isTyping } from '../shared/is-typing.js'
import type { KeyGroups } from '../shared/shortcuts-sheet.js'

/** Keyboard shortcuts of the list page, as the shortcuts dialog shows them. */
export const LIST_SHORTCUTS: KeyGroups = [
  [
    'Traces',
    [
      ['↑ ↓', 'go to the previous or next trace'],
      ['Enter', 'open the trace'],
      ['x', 'choose the trace for comparison'],
      ['c', 'compare the two chosen traces'],
    ],
  ],
  [
    'Find',
    [
      ['/', 'search'],
      ['e', 'show only errors, or all traces'],
    ],
  ],
  [
    'Page',
    [
      ['t', 'switch the theme'],
      ['?', 'show these shortcuts'],
      ['Esc', 'leave the field, or close the shortcuts'],
    ],
  ],
]

interface ListActions {
  readonly choose: (ref: string) => void
  /** Compares the chosen traces if two are chosen. */
  readonly compare: () => void
  readonly switchFailedOnly: () => void
  readonly switchTheme: () => void
  readonly showKeys: () => void
}

/** Handles the keys in `LIST_SHORTCUTS`, unless a dialog is open. */
export function useListShortcuts(actions: ListActions): void {
  // `useEffect` would run after the next paint, and miss a key that is pressed right away.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (document.querySelector('dialog[open]') !== null) return
      if (handleKey(event, actions)) event.preventDefault()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  })
}

/** Returns whether the key is a shortcut. */
function handleKey({ key, target, ctrlKey, metaKey, altKey }: KeyboardEvent, actions: ListActions): boolean {
  if (ctrlKey || metaKey || altKey) return false
  const isInSearch = target instanceof HTMLInputElement && target.type === 'search'
  if (isTyping(target)) {
    if (key === 'Escape') (target as HTMLElement).blur()
    else if (key === 'ArrowDown' && isInSearch) focusRow(1)
    else return false
    return true
  }
  const ref = findFocusedRef()
  if (key === 'ArrowDown') focusRow(1)
  else if (key === 'ArrowUp') focusRow(-1)
  else if (key === '/') document.querySelector<HTMLInputElement>('#search')?.focus()
  else if (key === 'x' && ref !== undefined) actions.choose(ref)
  else if (key === 'c') actions.compare()
  else if (key === 'e') actions.switchFailedOnly()
  else if (key === 't') actions.switchTheme()
  else if (key === '?') actions.showKeys()
  else return false
  return true
}

/** Moves the focus to the next (1) or previous (-1) row. */
function focusRow(by: number): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>('.traces a.request')]
  const row = document.activeElement?.closest('.traces tr')
  const from = links.findIndex(link => row?.contains(link))
  const next = from === -1 ? (by > 0 ? 0 : links.length - 1) : from + by
  links[next]?.focus()
}

function findFocusedRef(): string | undefined {
  return document.activeElement?.closest<HTMLElement>('.traces tr')?.dataset.ref
}
