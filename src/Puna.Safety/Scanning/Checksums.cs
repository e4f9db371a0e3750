using System.Globalization;

namespace Puna.Safety.Scanning;

/// <summary>Check digits of numbers that name people and accounts. Digits come bare, without separators.</summary>
internal static class Checksums
{
    private static readonly int[,] VerhoeffProduct = Dihedral();
    private static readonly int[,] VerhoeffPermutation = Permutations();

    /// <summary>Luhn: payment cards.</summary>
    internal static bool Luhn(ReadOnlySpan<char> digits)
    {
        int sum = 0;
        for (int i = 0; i < digits.Length; i++)
        {
            int digit = digits[^(i + 1)] - '0';
            if ((i & 1) == 1) digit = digit > 4 ? (2 * digit) - 9 : 2 * digit;
            sum += digit;
        }

        return sum % 10 == 0;
    }

    /// <summary>ISO 7064 mod 97-10 of an IBAN: letters count 10 to 35, the first four characters come last.</summary>
    internal static bool Iban(ReadOnlySpan<char> iban)
    {
        int rest = 0;
        for (int i = 0; i < iban.Length; i++)
        {
            char c = char.ToUpperInvariant(iban[(i + 4) % iban.Length]);
            int value = char.IsAsciiDigit(c) ? c - '0' : c - 'A' + 10;
            rest = ((rest * (value > 9 ? 100 : 10)) + value) % 97;
        }

        return rest == 1;
    }

    /// <summary>Verhoeff: India's Aadhaar.</summary>
    internal static bool Verhoeff(ReadOnlySpan<char> digits)
    {
        int check = 0;
        for (int i = 0; i < digits.Length; i++) check = VerhoeffProduct[check, VerhoeffPermutation[i % 8, digits[^(i + 1)] - '0']];
        return check == 0;
    }

    /// <summary>Brazil's CPF: two digits by weights 10…2 and 11…2, modulo 11; one repeated digit is none.</summary>
    internal static bool Cpf(ReadOnlySpan<char> digits)
    {
        if (digits.Length != 11 || digits.IndexOfAnyExcept(digits[0]) < 0) return false;
        return Digit(digits, 9) == digits[9] - '0' && Digit(digits, 10) == digits[10] - '0';

        static int Digit(ReadOnlySpan<char> digits, int count)
        {
            int sum = 0;
            for (int i = 0; i < count; i++) sum += (digits[i] - '0') * (count + 1 - i);
            return sum * 10 % 11 % 10;
        }
    }

    /// <summary>Britain's NHS number: weights 10…2, 11 minus the rest modulo 11.</summary>
    internal static bool Nhs(ReadOnlySpan<char> digits)
    {
        if (digits.Length != 10) return false;
        int sum = 0;
        for (int i = 0; i < 9; i++) sum += (digits[i] - '0') * (10 - i);
        return (11 - (sum % 11)) % 11 == digits[9] - '0';
    }

    /// <summary>Germany's tax number: ISO 7064 mod 11,10; of the first ten digits one comes twice or three times.</summary>
    internal static bool SteuerId(ReadOnlySpan<char> digits)
    {
        if (digits.Length != 11 || digits[0] == '0') return false;
        int product = 10, repeated = 0;
        Span<int> counts = stackalloc int[10];
        for (int i = 0; i < 10; i++)
        {
            counts[digits[i] - '0']++;
            int sum = (digits[i] - '0' + product) % 10;
            product = (sum == 0 ? 10 : sum) * 2 % 11;
        }

        foreach (int count in counts)
        {
            if (count > 3) return false;
            if (count > 1) repeated++;
        }

        return repeated == 1 && (11 - product) % 10 == digits[10] - '0';
    }

    /// <summary>France's NIR of 13 digits and a key of two: 97 minus the number modulo 97. First sex, year and month.</summary>
    internal static bool Nir(ReadOnlySpan<char> digits) =>
        digits.Length == 15 && digits[0] is '1' or '2' && int.Parse(digits.Slice(3, 2), CultureInfo.InvariantCulture) is (>= 1 and <= 12) or (>= 20 and <= 42) or >= 50
        && 97 - (long.Parse(digits[..13], CultureInfo.InvariantCulture) % 97) == long.Parse(digits[13..], CultureInfo.InvariantCulture);

    /// <summary>Spain's DNI and NIE: the letter is the number modulo 23; X, Y, Z in front count 0, 1, 2.</summary>
    internal static bool Dni(ReadOnlySpan<char> text)
    {
        Span<char> number = stackalloc char[8];
        text[..8].CopyTo(number);
        if (char.ToUpperInvariant(number[0]) is >= 'X' and <= 'Z' and char first) number[0] = (char)('0' + first - 'X');
        return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && "TRWAGMYFPDXBNJZSQVHLCKE"[value % 23] == char.ToUpperInvariant(text[8]);
    }

    /// <summary>The multiplication of the symmetries of a pentagon.</summary>
    private static int[,] Dihedral()
    {
        int[,] product = new int[10, 10];
        for (int a = 0; a < 10; a++)
        {
            for (int b = 0; b < 10; b++)
            {
                int turn = a < 5 ? (a + b) % 5 : (a - b + 5) % 5;
                product[a, b] = (a < 5) == (b < 5) ? turn : 5 + turn;
            }
        }

        return product;
    }

    /// <summary>Powers of the permutation (0 1 5 8 9 4 2 7)(3 6).</summary>
    private static int[,] Permutations()
    {
        int[] once = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
        int[,] powers = new int[8, 10];
        for (int digit = 0; digit < 10; digit++)
        {
            powers[0, digit] = digit;
            for (int power = 1; power < 8; power++) powers[power, digit] = once[powers[power - 1, digit]];
        }

        return powers;
    }
}
