import type { Route } from "@berth/http";
import type { CallHandler } from "../call/call.ts";
import { changeContainer } from "./berth/change-container.ts";
import { killExec } from "./berth/kill-exec.ts";
import { listExecs } from "./berth/list-execs.ts";
import { getContainerArchive, putContainerArchive, statContainerArchive } from "./containers/archive.ts";
import { attachContainer } from "./containers/attach.ts";
import { containerChanges } from "./containers/changes.ts";
import { attachByWebSocket } from "./containers/attach-ws.ts";
import { createContainer } from "./containers/create.ts";
import { exportContainer } from "./containers/export.ts";
import { inspectContainer } from "./containers/inspect.ts";
import { killContainer } from "./containers/kill.ts";
import { listContainers } from "./containers/list.ts";
import { containerLogs } from "./containers/logs.ts";
import { pauseContainer } from "./containers/pause.ts";
import { pruneContainers } from "./containers/prune.ts";
import { removeContainer, removeLink } from "./containers/remove.ts";
import { renameContainer } from "./containers/rename.ts";
import { resizeContainer } from "./containers/resize.ts";
import { restartContainer } from "./containers/restart.ts";
import { startContainer } from "./containers/start.ts";
import { containerStats } from "./containers/stats.ts";
import { stopContainer } from "./containers/stop.ts";
import { topContainer } from "./containers/top.ts";
import { unpauseContainer } from "./containers/unpause.ts";
import { updateContainer } from "./containers/update.ts";
import { waitContainer } from "./containers/wait.ts";
import { createCheckpoint } from "./checkpoints/create.ts";
import { listCheckpoints } from "./checkpoints/list.ts";
import { removeCheckpoint } from "./checkpoints/remove.ts";
import { createExec } from "./exec/create.ts";
import { inspectExec } from "./exec/inspect.ts";
import { resizeExec } from "./exec/resize.ts";
import { startExec } from "./exec/start.ts";
import { commitContainer } from "./images/commit.ts";
import { createImage } from "./images/create.ts";
import { getImage, getImages } from "./images/get.ts";
import { imageHistory } from "./images/history.ts";
import { inspectImage } from "./images/inspect.ts";
import { listImages } from "./images/list.ts";
import { loadImages } from "./images/load.ts";
import { pushImage } from "./images/push.ts";
import { removeImage } from "./images/remove.ts";
import { tagImage } from "./images/tag.ts";
import { listPlugins } from "./later/plugins.ts";
import { swarmRoutes } from "./later/swarm.ts";
import { unsupportedRoutes } from "./later/unsupported.ts";
import { createNetwork } from "./networks/create.ts";
import { inspectNetwork } from "./networks/inspect.ts";
import { listNetworks } from "./networks/list.ts";
import { removeNetwork } from "./networks/remove.ts";
import { events } from "./system/events.ts";
import { info } from "./system/info.ts";
import { ping } from "./system/ping.ts";
import { version } from "./system/version.ts";
import { createVolume } from "./volumes/create.ts";
import { inspectVolume } from "./volumes/inspect.ts";
import { listVolumes } from "./volumes/list.ts";
import { removeVolume } from "./volumes/remove.ts";

/** Every endpoint of the Engine API, tried in this order. */
export const routes: readonly Route<CallHandler>[] = [
  { method: "GET", path: "/_ping", target: ping },
  { method: "HEAD", path: "/_ping", target: ping },
  { method: "GET", path: "/version", target: version },
  { method: "GET", path: "/info", target: info },
  { method: "GET", path: "/events", target: events },

  { method: "GET", path: "/containers/json", target: listContainers },
  { method: "POST", path: "/containers/create", target: createContainer },
  { method: "POST", path: "/containers/prune", target: pruneContainers },
  { method: "GET", path: "/containers/{name}/json", target: inspectContainer },
  { method: "POST", path: "/containers/{name}/start", target: startContainer },
  { method: "POST", path: "/containers/{name}/stop", target: stopContainer },
  { method: "POST", path: "/containers/{name}/restart", target: restartContainer },
  { method: "POST", path: "/containers/{name}/kill", target: killContainer },
  { method: "POST", path: "/containers/{name}/pause", target: pauseContainer },
  { method: "POST", path: "/containers/{name}/unpause", target: unpauseContainer },
  { method: "POST", path: "/containers/{name}/wait", target: waitContainer },
  { method: "POST", path: "/containers/{name}/attach", target: attachContainer },
  { method: "GET", path: "/containers/{name}/attach/ws", target: attachByWebSocket },
  { method: "GET", path: "/containers/{name}/logs", target: containerLogs },
  { method: "GET", path: "/containers/{name}/stats", target: containerStats },
  { method: "GET", path: "/containers/{name}/top", target: topContainer },
  { method: "GET", path: "/containers/{name}/changes", target: containerChanges },
  { method: "GET", path: "/containers/{name}/export", target: exportContainer },
  { method: "HEAD", path: "/containers/{name}/archive", target: statContainerArchive },
  { method: "GET", path: "/containers/{name}/archive", target: getContainerArchive },
  { method: "PUT", path: "/containers/{name}/archive", target: putContainerArchive },
  { method: "POST", path: "/containers/{name}/resize", target: resizeContainer },
  { method: "POST", path: "/containers/{name}/rename", target: renameContainer },
  { method: "POST", path: "/containers/{name}/update", target: updateContainer },
  { method: "POST", path: "/containers/{name}/exec", target: createExec },
  { method: "DELETE", path: "/containers/{name}", target: removeContainer },
  { method: "DELETE", path: "/containers/{name}/{alias}", target: removeLink },

  { method: "POST", path: "/exec/{id}/start", target: startExec },
  { method: "POST", path: "/exec/{id}/resize", target: resizeExec },
  { method: "GET", path: "/exec/{id}/json", target: inspectExec },

  { method: "GET", path: "/images/json", target: listImages },
  { method: "GET", path: "/images/get", target: getImages },
  { method: "POST", path: "/images/load", target: loadImages },
  { method: "POST", path: "/images/create", target: createImage },
  { method: "POST", path: "/commit", target: commitContainer },
  ...unsupportedRoutes,
  { method: "GET", path: "/containers/{name}/checkpoints", target: listCheckpoints },
  { method: "POST", path: "/containers/{name}/checkpoints", target: createCheckpoint },
  { method: "DELETE", path: "/containers/{name}/checkpoints/{checkpoint}", target: removeCheckpoint },
  { method: "GET", path: "/images/{name:path}/get", target: getImage },
  { method: "GET", path: "/images/{name:path}/history", target: imageHistory },
  { method: "GET", path: "/images/{name:path}/json", target: inspectImage },
  { method: "POST", path: "/images/{name:path}/push", target: pushImage },
  { method: "POST", path: "/images/{name:path}/tag", target: tagImage },
  { method: "DELETE", path: "/images/{name:path}", target: removeImage },

  { method: "GET", path: "/networks", target: listNetworks },
  { method: "GET", path: "/networks/", target: listNetworks },
  { method: "GET", path: "/networks/{id}", target: inspectNetwork },

  { method: "POST", path: "/networks/create", target: createNetwork },
  { method: "DELETE", path: "/networks/{id}", target: removeNetwork },

  { method: "GET", path: "/volumes", target: listVolumes },
  { method: "POST", path: "/volumes/create", target: createVolume },
  { method: "GET", path: "/volumes/{name}", target: inspectVolume },
  { method: "DELETE", path: "/volumes/{name}", target: removeVolume },

  { method: "POST", path: "/berth/containers/{name}/change", target: changeContainer },
  { method: "GET", path: "/berth/execs", target: listExecs },
  { method: "POST", path: "/berth/execs/{reference}/kill", target: killExec },

  { method: "GET", path: "/plugins", target: listPlugins },
  ...swarmRoutes,
];
