/** Environment variables as the configuration handed them in. */
export type Environment = Readonly<Record<string, string | undefined>>

/** How a network is reached: proxies and certificates. Everything that talks to the outside needs these. */
const networkNames = /^(https?_proxy|all_proxy|no_proxy|ssl_cert_file|ssl_cert_dir|requests_ca_bundle|curl_ca_bundle|node_extra_ca_certs)$/i
const installerNames = /^(pip_|uv_|xdg_cache_home$)/i
const systemNames = ['PATH', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'SystemRoot'] as const

/**
 * Environment of a supervised service: only what it needs. Inherited Python settings do harm: with
 * PYTHONDONTWRITEBYTECODE the gateway compiles all its modules again at every start (10 s of CPU).
 * `home` becomes HOME, so that nothing is written outside the data home.
 */
export function serviceEnvironment(from: Environment, home: string, extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    ...pick(from, (name) => networkNames.test(name)),
    ...pick(from, (name) => systemNames.some((known) => known === name)),
    NO_PROXY: [from['NO_PROXY'] ?? from['no_proxy'], '127.0.0.1', 'localhost'].filter(Boolean).join(','),
    HOME: home,
    PYTHONUNBUFFERED: '1',
    ...extra,
  }
}

/** Environment of pip and uv: their own settings (index, cache, certificates) stay, Python's do not. */
export function installerEnvironment(from: Environment): Record<string, string> {
  const index = from['UV_DEFAULT_INDEX'] ?? from['UV_INDEX_URL'] ?? from['PIP_INDEX_URL']
  return {
    ...pick(from, (name) => networkNames.test(name) || installerNames.test(name)),
    ...pick(from, (name) => name === 'HOME' || systemNames.some((known) => known === name)),
    ...(index === undefined ? {} : { UV_DEFAULT_INDEX: index }),
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_NO_INPUT: '1',
    PIP_ROOT_USER_ACTION: 'ignore',
    UV_PYTHON_DOWNLOADS: 'never',
    UV_NO_PROGRESS: '1',
  }
}

function pick(from: Environment, wanted: (name: string) => boolean): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const [name, value] of Object.entries(from)) if (value !== undefined && wanted(name)) picked[name] = value
  return picked
}
