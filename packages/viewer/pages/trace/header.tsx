import { formatCount } from '@osprofiler/report'
import { leftOutSentence } from '@osprofiler/report/toolkit'
import type { PageSource } from '../../src/protocol/page-source.js'
import { CopyButton } from '../shared/copy-button.js'
import { showDuration, showText } from '../shared/show-text.js'
import type { Theme } from '../shared/theme.js'
import { ThemeButton } from '../shared/theme-button.js'
import type { Facts } from './model/load-trace.js'
import { titleOfPage } from './model/point-text.js'
import type { TraceModel } from './model/trace-model.js'
import type { View } from './view/deep-link.js'
import type { Patch } from './view/view-state.js'

interface HeaderProps {
  readonly model: TraceModel
  readonly facts: Facts
  readonly source: PageSource | undefined
  readonly view: View
  readonly theme: Theme
  readonly patch: Patch
  readonly switchTheme: () => void
  readonly showKeys: () => void
}

const VIEWS: readonly (readonly [View, string])[] = [
  ['waterfall', 'Waterfall'],
  ['flame', 'Flame graph'],
  ['statistics', 'Statistics'],
]

/**
 * Shows the title and the facts of a trace, the number of points that the page leaves out, and the tabs of the views.
 */
export function Header({ model, facts, source, view, theme, patch, switchTheme, showKeys }: HeaderProps) {
  const { report } = model
  const [root] = report.roots
  const shownId = showText(report.baseId)
  const failed = model.points.filter(node => node.failed).length
  return (
    <header class="header">
      <div class="headline">
        {source?.list !== undefined && (
          <a class="back" href={source.list}>
            All traces
          </a>
        )}
        <h1>
          <bdi>{root === undefined ? 'Trace' : titleOfPage(root)}</bdi>
        </h1>
        <dl class="facts">
          <Fact name="Duration">{showDuration(report.durationUs)}</Fact>
          <Fact name="Points">{formatCount(facts.points ?? model.points.length)}</Fact>
          {failed > 0 && (
            <Fact name="Failed">
              <span class="bad">{formatCount(failed)}</span>
            </Fact>
          )}
          {report.startedAt !== undefined && (
            <Fact name="Started">{showText(report.startedAt.slice(0, 23).replace('T', ' '))} UTC</Fact>
          )}
          {report.baseId !== undefined && (
            <Fact name="Trace">
              <code class="trace-id">
                <bdi>{shownId}</bdi>
              </code>
              <CopyButton text={shownId} what="the trace's id" />
            </Fact>
          )}
        </dl>
        {facts.kept !== undefined && facts.points !== undefined && facts.kept < facts.points && (
          <p class="omitted" role="note">
            This page shows {formatCount(facts.kept)} of {formatCount(facts.points)} points: those that failed or took
            longest. The other {formatCount(facts.points - facts.kept)} are left out.
          </p>
        )}
        {source?.leftOut !== undefined && source.leftOut > 0 && (
          <p class="omitted" role="note">
            {leftOutSentence(source.leftOut)}
          </p>
        )}
      </div>
      <div class="switches">
        <nav class="tabs" aria-label="Views">
          {VIEWS.map(([id, name]) => (
            <button key={id} type="button" aria-pressed={view === id} onClick={() => patch({ view: id })}>
              {name}
            </button>
          ))}
        </nav>
        <ThemeButton theme={theme} switchTheme={switchTheme} />
        <button type="button" class="button" onClick={showKeys} title="Keyboard shortcuts (?)">
          Keys
        </button>
      </div>
    </header>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: preact.ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
