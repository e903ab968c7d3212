import { useLayoutEffect, useRef } from 'preact/hooks'

const KEYS: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    'Rows',
    [
      ['↑ ↓', 'previous, next row'],
      ['← →', 'close, open a row; to its parent, its first child'],
      ['o  *', 'open all below'],
      ['x', 'close all below'],
      ['Home End', 'first, last row'],
      ['Page Up, Page Down', 'a screen up, down'],
      ['Enter', 'details'],
      ['[ ]', 'one level less, more'],
    ],
  ],
  [
    'Time',
    [
      ['+ -', 'zoom in, out'],
      ['Shift ← →', 'earlier, later'],
      ['z', 'zoom to the selected point'],
      ['0', 'the whole trace'],
    ],
  ],
  [
    'Find',
    [
      ['/', 'search'],
      ['n p', 'next, previous match'],
      ['e', 'only what failed'],
      ['c', 'critical path'],
    ],
  ],
  [
    'Page',
    [
      ['1 2 3', 'waterfall, flame graph, statistics'],
      ['t', 'theme'],
      ['?', 'this sheet'],
      ['Esc', 'close'],
    ],
  ],
]

export function KeysSheet({ close }: { readonly close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} class="keys" aria-labelledby="keys-title" onClose={close}>
      <form method="dialog">
        <h2 id="keys-title">Keys</h2>
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </form>
      <div class="key-groups">
        {KEYS.map(([title, keys]) => (
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
