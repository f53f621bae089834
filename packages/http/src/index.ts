export { formatListenAddress, isLoopback, type ListenAddress, parseListenAddress, refusePlainTcp } from "./address/parse.ts";
export { socketGroup } from "./listener/group.ts";
export { type Listener, type ListenOptions, listen } from "./listener/listen.ts";
export type * from "./ports.ts";
export { createRouter, type Match, type Route, type Router } from "./router/router.ts";
export { loadTls, type TlsFiles, type TlsMaterial } from "./tls/load.ts";
export { webSocketConnection } from "./websocket/connection.ts";
export { acceptWebSocket } from "./websocket/handshake.ts";
