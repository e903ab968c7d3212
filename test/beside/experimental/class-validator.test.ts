import 'reflect-metadata'
import { Exclude, Expose, instanceToPlain, plainToInstance, Transform, Type } from 'class-transformer'
import {
  IsEmail,
  IsInt,
  Length,
  Max,
  Min,
  registerDecorator,
  Validate,
  ValidateIf,
  ValidateNested,
  type ValidationArguments,
  type ValidationError,
  ValidatorConstraint,
  type ValidatorConstraintInterface,
  validate,
  validateSync,
} from 'class-validator'
import { describe, expect, it } from 'vitest'
import { compare, WAYS_TO_TRACE, type WayToTrace } from '../ways-to-trace.js'

const PLAIN = {
  customer: 'bob@example.org',
  note: ' keep ',
  secret: 'S3CRET',
  items: [
    { amount: 2, name: 'tea' },
    { amount: 200, name: 'x' },
  ],
  first: { amount: 0, name: 'milk' },
}

/** Creates data classes from plain objects and validates them. The classes are traced in the given way. */
async function check({ above, below, classInPlace, wrap }: WayToTrace): Promise<unknown> {
  @ValidatorConstraint({ name: 'unique', async: true })
  @classInPlace
  class Unique implements ValidatorConstraintInterface {
    @above
    @below
    async validate(value: string): Promise<boolean> {
      await null
      return value !== 'taken'
    }

    @above
    @below
    defaultMessage({ value, property }: ValidationArguments): string {
      return `${property} ${value} is not unique`
    }
  }

  // This is the application's own decorator. Its check is traced.
  const IsEven = () => (target: object, propertyName: string) =>
    registerDecorator({
      name: 'isEven',
      target: target.constructor,
      propertyName,
      validator: { validate: wrap((value: number) => value % 2 === 0), defaultMessage: wrap(() => '$property is odd') },
    })

  @classInPlace
  class Item {
    @IsInt()
    @Min(1)
    @Max(99, { groups: ['strict'] })
    amount!: number

    @Length(3, 10, { message: wrap((args: ValidationArguments) => `${args.value} is no name`) })
    @Validate(Unique)
    name!: string

    @above
    @Expose({ name: 'text' })
    @below
    describe(): string {
      return `${this.amount} ${this.name}`
    }
  }

  class Described {
    @above
    @below
    total(this: Order): number {
      return this.items.reduce((sum, { amount }) => sum + amount, 0)
    }
  }

  @classInPlace
  class Order extends Described {
    @IsEmail()
    customer!: string

    @Transform(wrap(({ value }: { value: string }) => value.trim()))
    note!: string

    @Exclude({ toPlainOnly: true })
    secret!: string

    @ValidateNested({ each: true })
    @Type(wrap(() => Item))
    items!: Item[]

    @ValidateNested()
    @ValidateIf(wrap((order: Order) => order.note === 'keep'))
    @Type(() => Item)
    first!: Item

    @IsEven()
    count = 3
  }

  const order = plainToInstance(Order, PLAIN)
  return [
    order instanceof Order,
    order.constructor === Order,
    order.items.map(item => [item instanceof Item, item.describe()]),
    order.total(),
    flatten(await validate(order)),
    flatten(await validate(order.items[1] as Item, { groups: ['strict'] })),
    flatten(await validate(order, { whitelist: true, forbidNonWhitelisted: true })),
    flatten(validateSync(Object.assign(new Item(), { amount: 1, name: 'tea' }))),
    instanceToPlain(order),
    Object.keys(order),
  ]
}

function flatten(errors: readonly ValidationError[]): unknown {
  return errors.map(({ property, constraints, children = [] }) => [property, constraints, flatten(children)])
}

describe('class-validator and class-transformer', () => {
  it.each(WAYS_TO_TRACE)(
    'create and reject the same objects whether classes are untraced or traced with $name',
    async way => {
      const { untraced, outside, inside, points } = await compare(way, check)

      expect(outside).toEqual(untraced)
      expect(inside).toEqual(untraced)
      expect(points).toBeGreaterThan(0)
    },
  )
})
