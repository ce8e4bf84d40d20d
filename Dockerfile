# The image has no embedded chains (they need development dependencies): mount a config of your own at
# /app/config/chains.yaml and pass the providers' keys as environment variables.
FROM node:26-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
# The image brings its own Node, so the one among the optional dependencies goes; the database's binary stays.
RUN npm run build && npm prune --omit=dev && rm -rf node_modules/node-linux-*

FROM node:26-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/bin ./bin
COPY --from=build /app/config ./config
COPY --from=build /app/package.json /app/LICENSE ./
RUN mkdir data && chown node data
USER node
VOLUME /app/data
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:4000/health').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/trunkline.js"]
CMD ["start", "--host", "0.0.0.0", "--port", "4000"]
