// Launcher: `node scripts/run.mjs [--python] SCRIPT ARGUMENT...` runs SCRIPT with the Node this project is made for.
//
// 1. `tools/node`: npm installs a pinned Node 24 there, chosen for this machine, without any install script.
// 2. The project: npm, run by that Node, installs the dependencies, so that native parts fit it.
// 3. `--python`: the Python services are installed (scripts/install-python.ts), for tests and benches.
// 4. SCRIPT is run, with signals passed on.
//
// Each step is skipped, and no registry contacted, while its lock is the one it was done with. Runs on any Node >= 20
// and needs no dependency. All of its own lines go to stderr: stdout belongs to SCRIPT.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const oldestNode = 20
/** Exit code for "something must be installed or configured first". */
const notConfigured = 3
const productScript = 'src/main.ts'
/**
 * On a large machine Node lets young objects fill 128 MB before it collects them, and all objects grow to four times what is
 * in use; few of ours live that long, and what is in use is 40 MB.
 */
const productFlags = ['--max-semi-space-size=4', '--max-old-space-size=512']
/** An npm that takes longer is dead: another launcher may take the lock over. */
const mostLockMs = 15 * 60_000

const projectFolder = dirname(dirname(fileURLToPath(import.meta.url)))
const bundledFolder = join(projectFolder, 'tools', 'node')
const bundledNode = join(bundledFolder, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node')
const lockFolder = join(projectFolder, '.tools', 'launcher.lock')
const wantedNode = Number(/\d+/.exec(readJson(join(projectFolder, 'package.json')).engines.node)[0])
const ownNode = Number(process.versions.node.split('.')[0])
/** PATH without the project's own folders, which npm puts there for its scripts. */
const outerPath = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => !folder.startsWith(projectFolder))
  .join(delimiter)

/** The one process that runs on our behalf at this moment; signals go to it. */
let current
/** Set by a signal: nothing further is started. */
let endedBy
let holdsLock = false

passSignalsOn()
await main()

async function main() {
  const args = process.argv.slice(2)
  const wantsPython = args[0] === '--python'
  const [script, ...scriptArgs] = wantsPython ? args.slice(1) : args
  if (script === undefined) stop('Usage: node scripts/run.mjs [--python] SCRIPT ARGUMENT...', 2)
  if (ownNode < oldestNode)
    stop(`Node ${oldestNode} or newer is needed; this is ${process.versions.node}. Get it from https://nodejs.org and start again.`)
  const node = await prepareNode()
  const environment = {
    // compiled code is kept between starts, for us and all processes of ours: half a second and 45 MB for each
    NODE_COMPILE_CACHE: join(projectFolder, '.tools', 'compile-cache'),
    ...process.env,
    PATH: [dirname(node), join(projectFolder, 'node_modules', '.bin'), outerPath].join(delimiter),
  }
  if (wantsPython) await preparePython(node, environment)
  const flags = script === productScript ? productFlags : []
  process.exit(await run(node, [...flags, script, ...scriptArgs], { cwd: projectFolder, stdio: 'inherit', env: environment }))
}

/** Steps 1 and 2; answers the Node to use. */
async function prepareNode() {
  const useBundled = ownNode < wantedNode || existsSync(bundledNode)
  const folders = [...(useBundled ? [bundledFolder] : []), projectFolder]
  if (folders.some((folder) => !isInstalled(folder))) {
    await takeLock()
    for (const folder of folders)
      if (!isInstalled(folder)) await install(folder, useBundled && folder === projectFolder ? bundledNode : process.execPath)
    releaseLock()
  }
  return useBundled ? bundledNode : process.execPath
}

async function install(folder, node) {
  const startedAt = Date.now()
  const title = folder === bundledFolder ? `Node ${wantedNode}` : 'dependencies'
  say(`[set-up] ${title}: installing`)
  const npm = findNpm()
  let complaints = ''
  const code = await run(npm === 'npm' ? npm : node, [...(npm === 'npm' ? [] : [npm]), 'ci'], {
    cwd: folder,
    env: npmEnvironment(node),
    stdio: ['ignore', 2, 'pipe'],
    onStderr: (text) => {
      process.stderr.write(text)
      complaints += text
    },
  })
  if (code !== 0) {
    releaseLock()
    const isOffline = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED/.test(complaints)
    stop(
      isOffline
        ? `The ${title} could not be downloaded; this is needed once. Check the network or proxy and start again.`
        : `npm could not install the ${title} in ${folder}; its message stands above.`,
    )
  }
  // npm leaves out what does not fit the machine
  if (folder === bundledFolder && !existsSync(bundledNode)) {
    releaseLock()
    stop(
      `Node ${wantedNode} is needed, and npm has none for ${process.platform} on ${process.arch}. Get it from https://nodejs.org and start again.`,
    )
  }
  // headers for building native parts: a third of its size, and nothing here is built
  if (folder === bundledFolder) rmSync(join(dirname(dirname(bundledNode)), 'include'), { recursive: true, force: true })
  writeFileSync(stampFile(folder), lockStamp(folder))
  say(`[set-up] ${title}: ${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
}

/** Path of the npm script that started us or lies beside our Node; else `npm`, the command on PATH. */
function findNpm() {
  const running = process.env.npm_execpath
  if (running !== undefined && /npm(-cli)?\.c?js$/.test(running) && existsSync(running)) return running
  const beside = join(dirname(dirname(process.execPath)), 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js')
  if (existsSync(beside)) return beside
  if (spawnSync('npm', ['--version'], { env: { ...process.env, PATH: outerPath } }).status === 0) return 'npm'
  return stop('npm is needed and was not found. It comes with Node from https://nodejs.org; on Debian and Ubuntu: apt-get install npm.')
}

/** What npm hands to its scripts must not reach the npm started here, except where registry, cache and certificates are. */
function npmEnvironment(node) {
  const kept = /^npm_config_(registry|cache|userconfig|globalconfig|proxy|https_proxy|noproxy|cafile)$/i
  const outer = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name) || kept.test(name))
  return {
    ...Object.fromEntries(outer),
    npm_config_prefer_offline: 'true',
    npm_config_loglevel: 'error',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
    PATH: [dirname(node), outerPath].join(delimiter),
  }
}

/** True if the lock was installed by us, or, by the record npm leaves in node_modules, by hand. */
function isInstalled(folder) {
  if (!existsSync(join(folder, 'node_modules', '.package-lock.json'))) return false
  if (existsSync(stampFile(folder)) && readFileSync(stampFile(folder), 'utf8') === lockStamp(folder)) return true
  const wanted = readJson(join(folder, 'package-lock.json')).packages
  const found = readJson(join(folder, 'node_modules', '.package-lock.json')).packages
  const isComplete = Object.entries(wanted).every(
    ([name, entry]) => name === '' || found[name]?.version === entry.version || (found[name] === undefined && entry.optional === true),
  )
  if (!isComplete || Object.keys(found).some((name) => wanted[name] === undefined)) return false
  writeFileSync(stampFile(folder), lockStamp(folder))
  return true
}

function stampFile(folder) {
  return join(folder, 'node_modules', '.ai-ops-stamp')
}

function lockStamp(folder) {
  const hash = createHash('sha256')
  for (const file of ['package.json', 'package-lock.json']) hash.update(readFileSync(join(folder, file)))
  return hash.digest('hex')
}

/** One launcher installs at a time; a lock whose processes are gone is taken over. */
async function takeLock() {
  mkdirSync(dirname(lockFolder), { recursive: true })
  let told = false
  while (!tryLock()) {
    if (!told) say('[set-up] waiting for another start that is installing')
    told = true
    await new Promise((resolve) => setTimeout(resolve, 200))
    if (endedBy !== undefined) process.exit(128 + constants.signals[endedBy])
  }
}

function tryLock() {
  try {
    mkdirSync(lockFolder)
    holdsLock = true
    noteLockOwners([process.pid])
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  if (isLockStale()) {
    // moved away first, so that of two launchers that see the same stale lock only one removes it
    const grave = `${lockFolder}.${process.pid}`
    try {
      renameSync(lockFolder, grave)
      rmSync(grave, { recursive: true, force: true })
      return tryLock()
    } catch {
      // another launcher was faster
    }
  }
  return false
}

/** Us and the npm we run: a launcher that was killed may have left its npm at work. */
function noteLockOwners(pids) {
  writeFileSync(join(lockFolder, 'pids'), pids.join(' '))
}

function releaseLock() {
  if (!holdsLock) return
  holdsLock = false
  rmSync(lockFolder, { recursive: true, force: true })
}

function isLockStale() {
  try {
    const ageMs = Date.now() - statSync(lockFolder).mtimeMs
    const owners = join(lockFolder, 'pids')
    // written right after the lock is made
    if (!existsSync(owners)) return ageMs > 5_000
    return (
      ageMs > mostLockMs ||
      !readFileSync(owners, 'utf8')
        .split(' ')
        .some((pid) => isAlive(Number(pid)))
    )
  } catch {
    return false
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
  try {
    // ended, but not yet collected by its parent
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}

/** Without Python the integration tests skip with their reason; where every test must run (CI), it is an error. */
async function preparePython(node, environment) {
  const code = await run(node, [join(projectFolder, 'scripts', 'install-python.ts')], { stdio: ['ignore', 2, 2], env: environment })
  if (code !== 0 && process.env.CI) process.exit(code)
}

/** Runs a process to its end and answers its exit code; ends us if a signal came meanwhile. */
function run(command, args, { onStderr, ...options }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, options)
    current = child
    if (holdsLock) noteLockOwners([process.pid, child.pid])
    child.stderr?.setEncoding('utf8').on('data', onStderr)
    child.on('error', (error) => stop(`${command} could not be started: ${error.message}`, 1))
    child.on('exit', (code, signal) => {
      current = undefined
      const status = code ?? 128 + (constants.signals[signal] ?? 1)
      if (endedBy !== undefined && options.stdio !== 'inherit') {
        releaseLock()
        process.exit(128 + constants.signals[endedBy])
      }
      resolve(status)
    })
  })
}

function passSignalsOn() {
  const end = (signal) => {
    endedBy = signal
    current?.kill(signal)
  }
  // a terminal sends Ctrl-C to the whole foreground group: passing it on would deliver it twice
  const onTerminal = process.stdin.isTTY === true || process.stdout.isTTY === true
  process.on('SIGINT', () => (onTerminal ? (endedBy = 'SIGINT') : end('SIGINT')))
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => end(signal))
  // a SIGTERM to npm ends only npm and its shell: without a signal, we find ourselves with another parent
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    end('SIGTERM')
  }, 500)
  watch.unref()
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

function say(line) {
  process.stderr.write(`${line}\n`)
}

function stop(sentence, code = notConfigured) {
  say(sentence)
  process.exit(code)
}
