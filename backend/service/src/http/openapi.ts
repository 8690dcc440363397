import type { INestApplication } from '@nestjs/common';
import {
  ApiProperty,
  DocumentBuilder,
  getSchemaPath,
  SwaggerModule,
  type ApiPropertyOptions,
  type OpenAPIObject,
} from '@nestjs/swagger';
// class-validator-jsonschema resolves nested classes through class-transformer's storage, which has no public entry.
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';
import type { NextFunction, Response } from 'express';
import * as validation from '@fleetdeck/dto/validation';
import { isFleetdeckError, FleetdeckError, type PrincipalResolver } from '@fleetdeck/kernel';
import type { IdentifiedRequest } from './request-log.middleware.ts';
import { sendProblem } from './send-problem.ts';

/** A JSON schema, as far as it is read here. */
interface Schema {
  $ref?: string;
  items?: Schema;
  type?: string;
  properties?: Record<string, Schema>;
  required?: string[];
}

/** Serves the OpenAPI document and its explorer to principals. */
export function serveOpenApi(
  app: INestApplication,
  basePath: string,
  principals: PrincipalResolver,
  version: string,
): void {
  describeClasses();
  const requirePrincipal = async (
    request: IdentifiedRequest,
    response: Response,
    next: NextFunction,
  ): Promise<void> => {
    try {
      if (await principals.resolve({ headers: request.headers })) return next();
      sendProblem(response, new FleetdeckError('UNAUTHENTICATED', 'Sign in, then try again.'), request.id);
    } catch (thrown) {
      if (isFleetdeckError(thrown)) sendProblem(response, thrown, request.id);
      else next(thrown);
    }
  };
  app.use([`${basePath}/api/docs`, `${basePath}/api/openapi.json`], requirePrincipal);
  const config = new DocumentBuilder()
    .setTitle('Fleetdeck')
    .setDescription('The HTTP interface of the Fleetdeck reference service.')
    .setVersion(version)
    .addBearerAuth()
    .addSecurityRequirements('bearer')
    .build();
  SwaggerModule.setup(`${basePath}/api/docs`, app, () => documentOf(app, basePath, config), {
    jsonDocumentUrl: `${basePath}/api/openapi.json`,
    yamlDocumentUrl: `${basePath}/api/docs/openapi.yaml`,
    customSiteTitle: 'Fleetdeck API',
  });
}

function documentOf(
  app: INestApplication,
  basePath: string,
  config: Omit<OpenAPIObject, 'paths'>,
): OpenAPIObject {
  const { MetricPointsDto, StatusTrackingDto } = validation;
  const document = SwaggerModule.createDocument(app, config, {
    extraModels: [MetricPointsDto, StatusTrackingDto],
  });
  // This route checks its body by hand, for speed, so Swagger cannot see its class.
  const points = document.paths[`${basePath}/api/v1/metrics/points`]?.post;
  if (points) {
    const schema = { $ref: getSchemaPath(MetricPointsDto) };
    points.requestBody = { required: true, content: { 'application/json': { schema } } };
  }
  return document;
}

/**
 * Tells Swagger what the validation classes already say, so that rules and document cannot differ. Swagger reads
 * `@ApiProperty`; the classes carry only class-validator's decorators.
 */
function describeClasses(): void {
  const classes = new Map<string, new () => object>();
  for (const value of Object.values(validation)) {
    if (typeof value === 'function') classes.set(value.name, value as new () => object);
  }
  const schemas = validationMetadatasToSchemas({
    additionalConverters: validation.schemaConverters,
    classTransformerMetadataStorage: defaultMetadataStorage,
    refPointerPrefix: '#/components/schemas/',
  }) as Record<string, Schema>;
  for (const [name, schema] of Object.entries(schemas)) {
    const target = classes.get(name);
    if (!target) continue;
    for (const [property, rules] of Object.entries(schema.properties ?? {})) {
      const required = schema.required?.includes(property) ?? false;
      ApiProperty(propertyOf(rules, required, classes))(target.prototype as object, property);
    }
  }
}

function propertyOf(
  rules: Schema,
  required: boolean,
  classes: ReadonlyMap<string, new () => object>,
): ApiPropertyOptions {
  const single = classes.get(rules.$ref?.split('/').at(-1) ?? '');
  if (single) return { required, type: () => single };
  const item = classes.get(rules.items?.$ref?.split('/').at(-1) ?? '');
  if (item) return { required, type: () => [item] };
  return { required, ...rules } as ApiPropertyOptions;
}
