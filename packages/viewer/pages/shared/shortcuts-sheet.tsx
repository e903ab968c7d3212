import { useLayoutEffect, useRef } from 'preact/hooks'

/** Keys and their meanings, in groups that have a title. */
export type KeyGroups = readonly (readonly [string, readonly (readonly [string, string])[]])[]

/** Shows a page's keyboard shortcuts in a modal dialog. */
export function ShortcutsSheet({ groups, close }: { readonly groups: KeyGroups; readonly close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} class="keys" aria-labelledby="keys-title" onClose={close}>
      <form method="dialog">
        <h2 id="keys-title">Keyboard shortcuts</h2>
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </form>
      <div class="key-groups">
        {groups.map(([title, keys]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {keys.map(([key, meaning]) => (
                <div key={key}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{meaning}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </dialog>
  )
}
