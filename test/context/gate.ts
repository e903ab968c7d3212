/** Something that happens in one place, and is waited for in another. */
export interface Gate {
  readonly opened: Promise<void>
  open(): void
}

/** A gate that is shut. */
export function createGate(): Gate {
  let open: () => void = () => undefined
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { opened, open: () => open() }
}
