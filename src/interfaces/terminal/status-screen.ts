import type { Finding, InstanceStatus, Screen } from './terminal-ports.ts'

/** What `ai-ops status` shows to people. */
export function showStatus(status: InstanceStatus, screen: Screen): void {
  const { ready, upSeconds, pid, residentMb, device, ed25519, checks, settled, judge } = status
  screen.out(`${ready ? 'ready' : 'not ready'}: up ${duration(upSeconds)}, pid ${String(pid)}, ${String(residentMb)} MB`)
  screen.out(`device ${device}, key ${ed25519}`)
  for (const check of checks) screen.out(`  ${check.ok ? 'ok   ' : 'FAULT'} ${check.name.padEnd(12)} ${check.detail}`)
  if (judge !== undefined) screen.out(`judge: ${judge}`)
  const counts = Object.entries(settled).map(([reason, count]) => `${reason} ${String(count)}`)
  if (counts.length > 0) screen.out(`messages: ${counts.join(', ')}`)
}

/** What `ai-ops doctor` shows to people: each part, and under what is wrong its cure. */
export function showFindings(findings: readonly Finding[], screen: Screen): void {
  const width = Math.max(0, ...findings.map((finding) => finding.name.length))
  const words = { ok: 'ok   ', note: 'note ', fault: 'FAULT' }
  for (const { name, state, detail, cure } of findings) {
    screen.out(`${words[state]}  ${name.padEnd(width)}  ${detail}`)
    if (cure !== undefined) screen.out(`       ${' '.repeat(width)}  -> ${cure}`)
  }
}

function duration(seconds: number): string {
  if (seconds < 120) return `${String(Math.round(seconds))} s`
  return seconds < 7_200 ? `${String(Math.round(seconds / 60))} min` : `${(seconds / 3600).toFixed(1)} h`
}
