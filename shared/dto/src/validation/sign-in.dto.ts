import { IsString, MaxLength, MinLength } from 'class-validator';

/** The body of `POST /api/v1/session`: a bearer token to exchange for a cookie. */
export class SignInDto {
  @IsString()
  @MinLength(1)
  @MaxLength(8192)
  token!: string;
}
