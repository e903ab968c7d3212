import { useState } from 'preact/hooks'
import type { Editor } from '../../../src/protocol/editor-link.js'

const STORAGE_KEY = 'osprofiler-editor'
const NO_EDITOR: Editor = { pattern: '', root: '' }

/** Returns the editor that the user chose, or `undefined` if the user chose none or the browser refuses storage. */
function readStoredEditor(): Editor | undefined {
  try {
    const { pattern, root } = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '{}') as Record<string, unknown>
    return typeof pattern === 'string' && typeof root === 'string' ? { pattern, root } : undefined
  } catch {
    return undefined
  }
}

function storeEditor(editor: Editor): void {
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(editor))
  } catch {
    // If the browser refuses to store the editor, the choice applies only to this page.
  }
}

/** The user's editor, and a function that changes it for this page and stores it for other pages. */
export interface EditorSetting {
  readonly editor: Editor
  readonly setEditor: (editor: Editor) => void
}

/**
 * Returns the user's editor, which is `given` until the user chooses one, and a function that changes it. The pages of
 * one origin share the choice.
 */
export function useEditorSetting(given = NO_EDITOR): EditorSetting {
  const [editor, setState] = useState<Editor>(() => readStoredEditor() ?? given)
  const setEditor = (changed: Editor): void => {
    storeEditor(changed)
    setState(changed)
  }
  return { editor, setEditor }
}
