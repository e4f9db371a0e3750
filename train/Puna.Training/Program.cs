using Puna.Training.Commands;

return CommandLine.Run(args);
