import type { ComponentChildren } from 'preact'
import type { Theme } from './theme.js'
import { ThemeButton } from './theme-button.js'

interface PageHeaderProps {
  readonly title: string
  readonly store: string
  /** Whether the page is being kept up to date with the store; `undefined` for a page that does not change. */
  readonly isLive?: boolean
  readonly theme: Theme
  readonly switchTheme: () => void
  readonly children: ComponentChildren
}

/** Shows the header of every page of `osprofiler ui` except a trace's page. */
export function PageHeader({ title, store, isLive, theme, switchTheme, children }: PageHeaderProps) {
  return (
    <header class="header">
      <div class="headline">
        <h1>
          <span class="product">OSProfiler</span> {title}
        </h1>
        <p class="store">
          <bdi>{store}</bdi>
          {isLive !== undefined && (
            <span class={isLive ? 'pulse' : 'pulse stopped'}>{isLive ? 'live' : 'not live'}</span>
          )}
        </p>
      </div>
      <div class="switches">
        {children}
        <ThemeButton theme={theme} switchTheme={switchTheme} />
      </div>
    </header>
  )
}
