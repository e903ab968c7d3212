import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import {
  createEditorLink,
  findEditorProblem,
  type LinkedPlace,
  PROPOSED_PATTERNS,
} from '../../../src/protocol/editor-link.js'
import { showText } from '../../shared/show-text.js'
import type { EditorSetting } from './editor-setting.js'

interface EditorDialogProps extends EditorSetting {
  /** The line that the example link opens. */
  readonly place: LinkedPlace
  readonly close: () => void
}

/** Asks for the URL pattern of links that open lines in an editor, in a modal dialog. */
export function EditorDialog({ editor, setEditor, place, close }: EditorDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [pattern, setPattern] = useState(editor.pattern)
  const [root, setRoot] = useState(editor.root)
  useLayoutEffect(() => dialog.current?.showModal(), [])
  const draft = { pattern: pattern.trim(), root: root.trim() }
  const problem = findEditorProblem(draft)
  const link = createEditorLink(draft, place)
  const save = (): void => {
    if (problem !== '') return
    setEditor(draft)
    dialog.current?.close()
  }
  return (
    <dialog ref={dialog} class="keys editor" aria-labelledby="editor-title" onClose={close}>
      <form
        method="dialog"
        onSubmit={event => {
          event.preventDefault()
          save()
        }}
      >
        <h2 id="editor-title">Links to your editor</h2>
        <label for="editor-pattern">URL pattern</label>
        <input
          id="editor-pattern"
          type="text"
          list="editor-patterns"
          placeholder={PROPOSED_PATTERNS[0]}
          spellcheck={false}
          autocomplete="off"
          aria-invalid={problem !== ''}
          aria-describedby="editor-outcome"
          value={pattern}
          onInput={event => setPattern(event.currentTarget.value)}
        />
        <datalist id="editor-patterns">
          {PROPOSED_PATTERNS.map(proposed => (
            <option key={proposed} value={proposed} />
          ))}
        </datalist>
        <label for="editor-root">Folder for {'{root}'}</label>
        <input
          id="editor-root"
          type="text"
          placeholder="/home/me/shop"
          spellcheck={false}
          autocomplete="off"
          value={root}
          onInput={event => setRoot(event.currentTarget.value)}
        />
        <p class="quiet">
          The pattern may contain {'{root}, {file}, {line} and {column}'}. Without a pattern, lines are not links.
        </p>
        <p id="editor-outcome" class={problem === '' ? 'quiet' : 'bad'} role="status">
          {problem || (link === undefined ? 'Links are off.' : `This line: ${showText(link)}`)}
        </p>
        <p class="editor-actions">
          <button type="submit" class="button" disabled={problem !== ''}>
            Save
          </button>
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </p>
      </form>
    </dialog>
  )
}
