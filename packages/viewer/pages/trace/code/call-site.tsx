import type { ReportNode } from '@osprofiler/report'
import { describeRowSite, isLayer, readCallSite } from '@osprofiler/report/toolkit'
import { useState } from 'preact/hooks'
import { createEditorLink } from '../../../src/protocol/editor-link.js'
import { CopyButton } from '../../shared/copy-button.js'
import { showText } from '../../shared/show-text.js'
import { EditorDialog } from './editor-dialog.js'
import type { EditorSetting } from './editor-setting.js'

interface CallSiteEntryProps extends EditorSetting {
  readonly nodes: readonly ReportNode[]
}

/**
 * Shows the line that made the points, as a link if the user has chosen an editor. Shows nothing if the line is
 * unknown, or if the points come from different lines.
 */
export function CallSiteEntry({ nodes, editor, setEditor }: CallSiteEntryProps) {
  const [isAsking, setIsAsking] = useState(false)
  const shown = showText(describeRowSite(nodes))
  const located = nodes.find(node => readCallSite(node) !== undefined)
  const site = located && readCallSite(located)
  if (shown === '' || located === undefined || site === undefined) return null
  const link = createEditorLink(editor, site)
  return (
    <dl class="ids site">
      <div>
        <dt>{isLayer(located) ? 'Added at' : 'From'}</dt>
        <dd>
          <code>
            {link === undefined ? (
              <bdi>{shown}</bdi>
            ) : (
              <a href={link} title="Open in the editor">
                <bdi>{shown}</bdi>
              </a>
            )}
          </code>
          <CopyButton text={shown} what="the line" />
          <button
            type="button"
            class="copy"
            title="Choose the editor that opens lines"
            onClick={() => setIsAsking(true)}
          >
            Editor
          </button>
        </dd>
      </div>
      {site.function !== undefined && (
        <div>
          <dt>Function</dt>
          <dd>
            <code>
              <bdi>{showText(site.function)}</bdi>
            </code>
          </dd>
        </div>
      )}
      {isAsking && <EditorDialog {...{ editor, setEditor }} place={site} close={() => setIsAsking(false)} />}
    </dl>
  )
}
