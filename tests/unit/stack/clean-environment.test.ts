import { expect, it } from 'vitest'
import { installerEnvironment, serviceEnvironment } from '../../../src/stack/clean-environment.ts'

const caller = {
  PATH: '/bin',
  HOME: '/people/me',
  PYTHONDONTWRITEBYTECODE: '1',
  PYTHONPATH: '/elsewhere',
  ANTHROPIC_API_KEY: 'secret',
  https_proxy: 'http://proxy:3128',
  NO_PROXY: 'intranet',
  PIP_INDEX_URL: 'https://mirror/simple',
  EMPTY: undefined,
}

it('a service gets the network and its own settings, no Python settings, no keys and its own HOME', () => {
  expect(serviceEnvironment(caller, '/home-of-service', { MASTER: 'x' })).toEqual({
    PATH: '/bin',
    https_proxy: 'http://proxy:3128',
    NO_PROXY: 'intranet,127.0.0.1,localhost',
    HOME: '/home-of-service',
    PYTHONUNBUFFERED: '1',
    MASTER: 'x',
  })
})

it('an installer gets the mirror that is set for pip, and neither Python settings nor keys', () => {
  const environment = installerEnvironment(caller)
  expect(environment).toMatchObject({
    PIP_INDEX_URL: 'https://mirror/simple',
    UV_DEFAULT_INDEX: 'https://mirror/simple',
    HOME: '/people/me',
  })
  expect(Object.keys(environment).filter((name) => name.startsWith('PYTHON') || name.endsWith('API_KEY'))).toEqual([])
})
