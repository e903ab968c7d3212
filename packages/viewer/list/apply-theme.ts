/** Shows a page as light or dark as the user chose on the page of a trace; without a choice, as the system is. */
export function applyTheme(): void {
  try {
    const theme = localStorage.getItem('osprofiler-theme')
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
  } catch {
    // Storage that is switched off remembers nothing.
  }
}
