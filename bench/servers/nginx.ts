import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findTool } from '../machine.ts'
import { chat, inferResponse, tensors } from '../workload.ts'
import { freePort } from './free-port.ts'
import { type Running, startProcess } from './start-process.ts'

export interface Nginx extends Running {
  readonly url: string
}

/**
 * An upstream that answers at once whatever it is asked: chat completions, and the Open Inference Protocol for any model
 * and version. In JSON only: it says that it has no binary extension.
 */
export function startUpstream(cores: string | number | undefined): Promise<Nginx> {
  const json = (body: string) => `default_type application/json; return 200 '${quoted(body)}';`
  const model = (rest: string) => `location ~ ^/v2/models/[^/]+(/versions/[^/]+)?${rest}$`
  const metadata = JSON.stringify({ name: 'bench', versions: ['1'], platform: 'bench', ...tensors })
  const repository = 'location /v2/repository/ { default_type application/json;'
  return startNginx(
    cores,
    () => `
    location = ${chat.path} { ${json(chat.answer)} }
    ${model('/infer')} { ${json(inferResponse)} }
    ${model('/ready')} { ${json('{"ready":true}')} }
    ${model('')} { ${json(metadata)} }
    location = /v2 { ${json('{"name":"instant","version":"1","extensions":[]}')} }
    location /v2/health/ { ${json('{"live":true,"ready":true}')} }
    ${repository} return 404 '{"error":"no repository"}'; }`,
  )
}

/** The floor: what it costs to pass a call on without looking at it. */
export function startProxy(cores: string | number | undefined, upstream: string): Promise<Nginx> {
  const { host } = new URL(upstream)
  return startNginx(
    cores,
    () => `
    location / { proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering on; }`,
    `upstream behind { server ${host}; keepalive 128; keepalive_requests 100000000; }`,
  )
}

async function startNginx(cores: string | number | undefined, locations: () => string, beside = ''): Promise<Nginx> {
  const program = findTool('nginx')
  if (program === undefined) throw new Error('nginx is not installed')
  const folder = await mkdtemp(join(tmpdir(), 'astra-bench-nginx-'))
  const port = await freePort()
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const config = `
    worker_processes 1; daemon off; pid ${folder}/pid; error_log stderr notice;
    events { worker_connections 4096; }
    http {
      access_log off; keepalive_timeout 600s; keepalive_requests 100000000; tcp_nodelay on;
      ${temporary.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ')}
      ${beside}
      server { listen 127.0.0.1:${port} backlog=4096; client_body_buffer_size 64k; ${locations()} }
    }`
  const file = join(folder, 'nginx.conf')
  await writeFile(file, config)
  const running = await startProcess(program, ['-c', file, '-p', folder], { cores, ready: /start worker process \d+/ })
  return {
    ...running,
    url: `http://127.0.0.1:${port}`,
    async stop() {
      await running.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Inside single quotes of nginx's configuration; a dollar sign would be a variable. */
function quoted(text: string): string {
  if (text.includes('$')) throw new Error('nginx has no way to write a dollar sign')
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
}
