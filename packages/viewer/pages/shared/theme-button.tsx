import type { Theme } from './theme.js'

interface ThemeButtonProps {
  readonly theme: Theme
  readonly switchTheme: () => void
}

/** Shows the current theme on a button that switches to the next one. */
export function ThemeButton({ theme, switchTheme }: ThemeButtonProps) {
  return (
    <button
      type="button"
      class="button"
      onClick={switchTheme}
      title="Switch between light, dark and the system's theme (t)"
    >
      <span class="theme-sign" aria-hidden="true" />
      <span class="theme-name">Theme: {theme}</span>
    </button>
  )
}
